//! The routes of the HTTP API: the `paths` of its `DefinitionBody`. An operation names one of the
//! integrations below `components`, by `$ref`, and an integration names its function.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value};

/// What stands in an operation, and, in the plural, what it names.
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const INTEGRATIONS: &str = "x-amazon-apigateway-integrations";
/// The operation for whatever method.
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
/// Names of operations in a path; what else stands there is about all of them.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", ANY_METHOD];

/// One route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, …, or `ANY`.
    pub method: String,
    /// `/api/customers/{id}`, or `$default` for whatever no other route takes.
    pub path: String,
}

impl Route {
    /// The path of the catch-all.
    pub const DEFAULT: &'static str = "$default";

    /// Whether this is the catch-all.
    pub fn is_default(&self) -> bool {
        self.path == Self::DEFAULT
    }

    /// API Gateway's name for the route: `GET /api/customers/{id}`, or `$default`.
    pub fn key(&self) -> String {
        if self.is_default() { self.path.clone() } else { format!("{} {}", self.method, self.path) }
    }
}

/// Every route with the logical id of its function, in the order of the paths.
pub(super) fn read(resources: &Map<String, Value>) -> Result<Vec<(String, Route)>> {
    let mut routes = Vec::new();
    let is_api = |one: &&Value| one.get("Type") == Some(&Value::from("AWS::Serverless::HttpApi"));
    for api in resources.values().filter(is_api) {
        let Some(body) = api.pointer("/Properties/DefinitionBody") else { continue };
        let integrations = integrations(body)?;
        for (path, item) in members(body.get("paths")) {
            for (method, operation) in members(Some(item)) {
                if METHODS.contains(&method.as_str()) {
                    let route = route(path, method)?;
                    let function = function(operation, &integrations)
                        .with_context(|| format!("route {}", route.key()))?;
                    routes.push((function.to_owned(), route));
                }
            }
        }
        for (reference, function) in integrations {
            if !routes.iter().any(|(of, _)| of == function) {
                bail!("{reference} is named by no path");
            }
        }
    }
    Ok(routes)
}

/// The integrations of an API: what names each, and the function that it invokes.
fn integrations(body: &Value) -> Result<Vec<(String, &str)>> {
    let all = members(body.pointer(&format!("/components/{INTEGRATIONS}")));
    all.map(|(name, integration)| {
        let function = integration
            .pointer("/uri/Fn::GetAtt/0")
            .and_then(Value::as_str)
            .ok_or_else(|| anyhow!("integration {name}: its uri is not !GetAtt <function>.Arn"))?;
        Ok((format!("#/components/{INTEGRATIONS}/{name}"), function))
    })
    .collect()
}

fn function<'a>(operation: &Value, integrations: &[(String, &'a str)]) -> Result<&'a str> {
    let reference = operation
        .get(INTEGRATION)
        .and_then(|integration| integration.get("$ref")?.as_str())
        .ok_or_else(|| anyhow!("its {INTEGRATION} is not a $ref"))?;
    let found = integrations.iter().find(|(name, _)| name == reference);
    Ok(found.ok_or_else(|| anyhow!("there is no {reference}"))?.1)
}

fn route(path: &str, method: &str) -> Result<Route> {
    let method = if method == ANY_METHOD { "ANY".to_owned() } else { method.to_uppercase() };
    match path.strip_prefix('/') {
        Some(Route::DEFAULT) => Ok(Route { method, path: Route::DEFAULT.to_owned() }),
        Some(_) => Ok(Route { method, path: path.to_owned() }),
        None => bail!("the path {path:?} does not begin with /"),
    }
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::{Value, json};

    fn resources(operation: &Value, integrations: &Value) -> Value {
        json!({"Api": {"Type": "AWS::Serverless::HttpApi", "Properties": {"DefinitionBody": {
            "paths": {"/a/{id}": {"parameters": [], "get": operation}},
            "components": {"x-amazon-apigateway-integrations": integrations},
        }}}})
    }

    #[test]
    fn a_route_leads_to_the_function_of_the_integration_that_it_names() {
        let named = |name: &str| {
            let reference = format!("#/components/x-amazon-apigateway-integrations/{name}");
            json!({"x-amazon-apigateway-integration": {"$ref": reference}})
        };
        let one = json!({"One": {"uri": {"Fn::GetAtt": ["First", "Arn"]}}});
        let good = resources(&named("One"), &one);
        let routes = read(good.as_object().unwrap()).unwrap();
        let routes: Vec<_> =
            routes.iter().map(|(function, route)| (function.as_str(), route.key())).collect();
        assert_eq!(routes, [("First", "GET /a/{id}".to_owned())]);

        let more = json!({
            "One": {"uri": {"Fn::GetAtt": ["First", "Arn"]}},
            "Two": {"uri": {"Fn::GetAtt": ["Second", "Arn"]}},
        });
        for (operation, integrations, complaint) in [
            (named("Other"), &one, "route GET /a/{id}: there is no #/components/x-amazon"),
            (json!({}), &one, "route GET /a/{id}: its x-amazon-apigateway-integration is not a"),
            (named("One"), &more, "integrations/Two is named by no path"),
            (named("One"), &json!({"One": {"uri": "arn"}}), "integration One: its uri is not"),
        ] {
            let wrong = resources(&operation, integrations);
            let error = format!("{:#}", read(wrong.as_object().unwrap()).unwrap_err());
            assert!(error.contains(complaint), "{error}");
        }
    }
}
