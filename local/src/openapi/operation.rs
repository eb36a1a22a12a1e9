//! One operation, gathered from the template, the source file and the function itself.

use crate::template::Route;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// What a function prints for `--describe`.
#[derive(Debug, Deserialize)]
pub(super) struct Described {
    /// The scope its token needs: `customers:write`; none, where it needs no token.
    pub(super) scope: Option<String>,
    /// Whether a publishable token may call it.
    pub(super) publishable: bool,
    #[serde(default)]
    pub(super) deprecated: bool,
    /// What kind of object its path names, if one.
    pub(super) entity: Option<String>,
    /// The JSON Schema of the id in its path, if there is one.
    pub(super) target: Option<Value>,
    /// The JSON Schema of the id of what is a part of that, if there is one.
    #[serde(default)]
    pub(super) part: Option<Value>,
    /// Its query parameters, as OpenAPI writes them.
    pub(super) parameters: Vec<Value>,
    /// What it reads.
    pub(super) request: Option<Request>,
    /// What else it reads than JSON of its own.
    #[serde(default)]
    pub(super) also: Vec<Also>,
    /// What its answer is written as.
    #[serde(default = "json")]
    pub(super) media: String,
    /// The JSON Schema of what it answers.
    pub(super) response: Value,
    /// A request and its answer.
    pub(super) example: Example,
    /// The statuses it can refuse with.
    pub(super) errors: Vec<u16>,
}

fn json() -> String {
    "application/json".to_owned()
}

/// A request body.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    /// Whether it may be left out.
    pub(super) required: bool,
    /// Its JSON Schema.
    pub(super) schema: Value,
}

/// Another form of a request body.
#[derive(Debug, Deserialize)]
pub(super) struct Also {
    /// What its `Content-Type` says.
    pub(super) media: String,
    /// Its JSON Schema.
    pub(super) schema: Value,
    /// A body.
    pub(super) example: Value,
}

/// A request and its answer.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Example {
    /// The body sent.
    pub(super) request: Option<Value>,
    /// The body answered.
    pub(super) response: Option<Value>,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// `customersCreate`.
    pub(super) id: String,
    /// `post`.
    pub(super) method: String,
    /// `/api/customers`.
    pub(super) path: String,
    /// Other paths of the same operation.
    pub(super) aliases: Vec<String>,
    /// `Customers`, after the folder.
    pub(super) tag: String,
    /// `Create a customer`.
    pub(super) summary: String,
    /// The rest of the source file's module doc.
    pub(super) notes: String,
    /// What the function says.
    pub(super) described: Described,
}

impl Operation {
    pub(super) fn new(
        bin: &str,
        route: &Route,
        aliases: Vec<&Route>,
        folder: &str,
        source: &str,
        described: Described,
    ) -> Result<Self> {
        let mut doc = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        let first = doc.next().context("its source does not begin with a //! line")?;
        let (_, what) = first
            .split_once("`: ")
            .context("the first line of its source is not `METHOD /path`: what it does.")?;
        Ok(Self {
            id: camel_case(bin),
            method: route.method.to_lowercase(),
            path: route.path.clone(),
            aliases: aliases.into_iter().map(|alias| alias.path.clone()).collect(),
            tag: sentence(&folder.replace('_', " ")),
            summary: sentence(what.trim_end_matches('.')),
            notes: doc.collect::<Vec<_>>().join("\n").trim().to_owned(),
            described,
        })
    }

    /// The names in the path: `["id"]`.
    pub(super) fn path_parameters(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether a client calls it, with a token; nobody else sends keys and versions.
    pub(super) fn is_for_clients(&self) -> bool {
        self.described.scope.is_some()
    }

    /// Whether it changes anything, and so can be repeated safely with an `Idempotency-Key`.
    pub(super) fn changes(&self) -> bool {
        self.method != "get" && self.is_for_clients()
    }

    /// Whether it changes an object that exists, and so can be held to a version with `If-Match`.
    pub(super) fn changes_existing(&self) -> bool {
        match self.method.as_str() {
            _ if !self.is_for_clients() => false,
            "get" => false,
            "post" => self.described.entity.is_some(),
            _ => true,
        }
    }
}

fn camel_case(bin: &str) -> String {
    let mut words = bin.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &sentence(word))
}

/// `text` with its first letter in upper case.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{camel_case, sentence};

    #[test]
    fn names_follow_the_binary_and_the_folder() {
        assert_eq!(camel_case("custom-field-definitions-list"), "customFieldDefinitionsList");
        assert_eq!(sentence("custom field definitions"), "Custom field definitions");
    }
}
