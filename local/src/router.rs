//! API Gateway's choice of a route, from the routes of `template.yaml`.
//!
//! A full match beats `{proxy+}`, which beats `$default`; among full matches the one that is static
//! in the earliest segment wins, and a route for the method beats `ANY`. There is no leniency about
//! trailing slashes: `/customers/` is not `/customers`. Path parameters arrive percent-decoded.
//! Source: AWS, "Create routes for HTTP APIs in API Gateway", *Routing API requests*.

use crate::template::Template;
use percent_encoding::percent_decode_str;
use std::{cmp::Reverse, collections::BTreeMap};

/// Finds the function for a request.
#[derive(Debug, Clone, Default)]
pub struct Router {
    entries: Vec<Entry>,
    fallback: Option<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    method: String,
    segments: Vec<Segment>,
    key: String,
    bin: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

/// The route a request takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The function's binary.
    pub bin: String,
    /// `GET /api/customers/{id}`, or `$default`.
    pub route_key: String,
    /// The path parameters, decoded.
    pub parameters: BTreeMap<String, String>,
}

/// How specific a path is: whether it is greedy, then each segment. The lowest rank wins.
type Rank = (bool, Vec<u8>);

impl Router {
    /// The router of a template.
    pub fn new(template: &Template) -> Self {
        let mut router = Self::default();
        for (function, route) in template.routes() {
            if route.is_default() {
                router.fallback = Some(function.bin.clone());
            } else {
                router.entries.push(Entry {
                    method: route.method.clone(),
                    segments: route.path.split('/').skip(1).map(Segment::parse).collect(),
                    key: route.key(),
                    bin: function.bin.clone(),
                });
            }
        }
        router
    }

    /// The route for `method` and the undecoded `path`, or nothing when there is no `$default`
    /// either.
    pub fn find(&self, method: &str, path: &str) -> Option<Match> {
        let segments: Vec<_> = path.split('/').skip(1).collect();
        let best = self
            .entries
            .iter()
            .filter(|entry| entry.method == method || entry.method == "ANY")
            .filter_map(|entry| Some((entry, entry.capture(&segments)?)))
            .min_by_key(|(entry, _)| (entry.rank(), Reverse(entry.method != "ANY")));
        match best {
            Some((entry, parameters)) => {
                Some(Match { bin: entry.bin.clone(), route_key: entry.key.clone(), parameters })
            }
            None => self.fallback.clone().map(|bin| Match {
                bin,
                route_key: "$default".to_owned(),
                parameters: BTreeMap::new(),
            }),
        }
    }
}

impl Entry {
    fn rank(&self) -> Rank {
        let ranks = self.segments.iter().map(|segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Parameter(_) => 1,
            Segment::Greedy(_) => 2,
        });
        let greedy = matches!(self.segments.last(), Some(Segment::Greedy(_)));
        (greedy, ranks.collect())
    }

    fn capture(&self, path: &[&str]) -> Option<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        let mut rest = path;
        for segment in &self.segments {
            if let Segment::Greedy(name) = segment {
                let joined = rest.join("/");
                parameters.insert(name.clone(), decode(&joined));
                return (!joined.is_empty()).then_some(parameters);
            }
            let (first, others) = rest.split_first()?;
            match segment {
                Segment::Literal(text) if text == first => {}
                Segment::Parameter(name) if !first.is_empty() => {
                    parameters.insert(name.clone(), decode(first));
                }
                _ => return None,
            }
            rest = others;
        }
        rest.is_empty().then_some(parameters)
    }
}

impl Segment {
    fn parse(text: &str) -> Self {
        match text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Self::Greedy(name.to_owned()),
                None => Self::Parameter(name.to_owned()),
            },
            None => Self::Literal(text.to_owned()),
        }
    }
}

/// `text` with its percent escapes decoded; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::Router;
    use crate::template::Template;
    use serde_json::json;

    fn router(routes: &[(&str, &str)]) -> Router {
        let any = "x-amazon-apigateway-any-method";
        let (mut paths, mut integrations) = (json!({}), json!({}));
        let mut resources = json!({});
        for (key, bin) in routes {
            let (method, path) = match key.split_once(' ') {
                Some(("ANY", path)) => (any.to_owned(), path.to_owned()),
                Some((method, path)) => (method.to_lowercase(), path.to_owned()),
                None => (any.to_owned(), format!("/{key}")),
            };
            let reference = format!("#/components/x-amazon-apigateway-integrations/{bin}");
            paths[path][method] = json!({"x-amazon-apigateway-integration": {"$ref": reference}});
            integrations[bin] = json!({"uri": {"Fn::GetAtt": [bin, "Arn"]}});
            resources[bin] = json!({
                "Type": "AWS::Serverless::Function",
                "Properties": {"CodeUri": format!("target/lambda/{bin}/")},
            });
        }
        let components = json!({"x-amazon-apigateway-integrations": integrations});
        resources["Api"] = json!({
            "Type": "AWS::Serverless::HttpApi",
            "Properties": {"DefinitionBody": {"paths": paths, "components": components}},
        });
        // JSON is YAML.
        let text = json!({"Resources": resources}).to_string();
        Router::new(&Template::parse(&text).unwrap())
    }

    #[test]
    fn the_most_specific_route_wins() {
        let router = router(&[
            ("ANY /a/{proxy+}", "greedy"),
            ("GET /a/{id}", "parameter"),
            ("GET /a/static", "literal"),
            ("ANY /a/static", "any"),
            ("GET /{account}/b", "account"),
            ("$default", "default"),
        ]);
        let cases = [
            ("GET", "/a/static", "literal", "GET /a/static"),
            ("PUT", "/a/static", "any", "ANY /a/static"),
            ("GET", "/a/other", "parameter", "GET /a/{id}"),
            ("PUT", "/a/other", "greedy", "ANY /a/{proxy+}"),
            ("GET", "/a/b/c", "greedy", "ANY /a/{proxy+}"),
            ("GET", "/a/b", "parameter", "GET /a/{id}"),
            ("PUT", "/a/b", "greedy", "ANY /a/{proxy+}"),
            ("GET", "/x/b", "account", "GET /{account}/b"),
            ("GET", "/a/static/", "greedy", "ANY /a/{proxy+}"),
            ("GET", "/x/b/", "default", "$default"),
            ("HEAD", "/x/b", "default", "$default"),
            ("GET", "/a", "default", "$default"),
            ("GET", "/a/", "default", "$default"),
            ("GET", "/", "default", "$default"),
        ];
        for (method, path, bin, key) in cases {
            let found = router.find(method, path).unwrap();
            assert_eq!(
                (found.bin.as_str(), found.route_key.as_str()),
                (bin, key),
                "{method} {path}"
            );
        }
    }

    #[test]
    fn parameters_are_decoded_once_and_after_the_path_is_split() {
        let router = router(&[("GET /a/{id}", "one"), ("GET /g/{proxy+}", "rest")]);
        let one = router.find("GET", "/a/b%2Fc%20d%2525%C3%A9").unwrap();
        assert_eq!(one.parameters["id"], "b/c d%25é");
        let rest = router.find("GET", "/g/x/y%20z").unwrap();
        assert_eq!(rest.parameters["proxy"], "x/y z");
        assert_eq!(router.find("GET", "/nowhere"), None);
    }
}
