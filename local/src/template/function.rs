//! One function of the template: its binary, limits, environment, events and policy.

use super::events::{Events, Schedule, StreamSource};
use super::resolve::{Resolver, text_of};
use super::routes::Route;
use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};

/// A function, with its globals merged in and every reference resolved.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its id in the template: `CustomersCreate`.
    pub logical_id: String,
    /// Its name once deployed: `local-customers-create`.
    pub name: String,
    /// Its binary, the last part of `CodeUri: target/lambda/<bin>/`: `customers-create`.
    pub bin: String,
    /// After this long an invocation is killed.
    pub timeout: Duration,
    /// Memory, in MB.
    pub memory_mb: u32,
    /// The environment variables the template sets.
    pub environment: BTreeMap<String, String>,
    /// How often an asynchronous invocation that failed is repeated.
    pub repeats: u32,
    /// What runs it by the clock.
    pub schedules: Vec<Schedule>,
    /// What runs it when the table changes.
    pub streams: Vec<StreamSource>,
    /// The types of its other events, which the local stack does not deliver: `SQS`.
    pub undelivered: Vec<String>,
    /// What its role may do: every statement of its policies.
    pub statements: Vec<Statement>,
    pub(super) routes: Vec<Route>,
}

/// One statement of a policy.
#[derive(Debug, Clone)]
pub struct Statement {
    /// `Allow` or `Deny`.
    pub effect: String,
    /// What it is about, as written: `dynamodb:PutItem`.
    pub actions: Vec<String>,
    /// The ARNs it holds for.
    pub resources: Vec<String>,
    /// The patterns of a `dynamodb:LeadingKeys` condition; empty when there is none.
    pub leading_keys: Vec<String>,
    /// The whole statement.
    pub document: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    code_uri: String,
    #[serde(default = "default_timeout")]
    timeout: u64,
    #[serde(default = "default_memory")]
    memory_size: u32,
    #[serde(default)]
    environment: Environment,
    #[serde(default)]
    event_invoke_config: EventInvokeConfig,
    #[serde(default)]
    events: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EventInvokeConfig {
    maximum_retry_attempts: u32,
}

/// Lambda's own default.
impl Default for EventInvokeConfig {
    fn default() -> Self {
        Self { maximum_retry_attempts: 2 }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default)]
    variables: BTreeMap<String, Value>,
}

/// Lambda's own default, in seconds.
fn default_timeout() -> u64 {
    3
}

/// Lambda's own default, in MB.
fn default_memory() -> u32 {
    128
}

impl Function {
    pub(super) fn from_resource(
        logical_id: &str,
        globals: &Value,
        properties: Value,
        resolver: &Resolver,
    ) -> Result<Self> {
        let merged = merge(globals, properties);
        let statements = statements(merged.get("Policies"), resolver);
        let Properties { code_uri, timeout, memory_size, environment, event_invoke_config, events } =
            serde_json::from_value(merged)?;
        let bin = code_uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if bin.is_empty() || bin == "." {
            return Err(anyhow!("CodeUri {code_uri:?} does not end in the name of a binary"));
        }
        let events = Events::parse(events).context("Events")?;
        Ok(Self {
            logical_id: logical_id.to_owned(),
            name: resolver.physical_name(logical_id),
            bin: bin.to_owned(),
            timeout: Duration::from_secs(timeout),
            memory_mb: memory_size,
            environment: environment
                .variables
                .iter()
                .map(|(key, value)| (key.clone(), text_of(value)))
                .collect(),
            repeats: event_invoke_config.maximum_retry_attempts,
            schedules: events.schedules,
            streams: events.streams,
            undelivered: events.undelivered,
            statements,
            routes: Vec::new(),
        })
    }

    /// Its routes, in the order of the API's paths.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }
}

/// `specific` over `general`, as SAM merges globals: maps are merged, anything else replaces.
fn merge(general: &Value, specific: Value) -> Value {
    match (general, specific) {
        (Value::Object(general), Value::Object(mut specific)) => {
            for (key, value) in general {
                let merged = match specific.remove(key) {
                    Some(own) => merge(value, own),
                    None => value.clone(),
                };
                specific.insert(key.clone(), merged);
            }
            Value::Object(specific)
        }
        (general, Value::Null) => general.clone(),
        (_, specific) => specific,
    }
}

/// The statements of `policies`: inline documents, and managed policies of the same template.
fn statements(policies: Option<&Value>, resolver: &Resolver) -> Vec<Statement> {
    let mut found = Vec::new();
    for policy in list(policies) {
        let document = match &policy {
            Value::String(name) => managed(name, resolver),
            document => Some(document.clone()),
        };
        let statements = document.as_ref().and_then(|document| document.get("Statement"));
        found.extend(list(statements).into_iter().map(Statement::from));
    }
    found
}

fn managed(logical_id: &str, resolver: &Resolver) -> Option<Value> {
    let resource = resolver.resources?.get(logical_id)?;
    Some(resolver.resolve(resource.pointer("/Properties/PolicyDocument")?))
}

impl From<Value> for Statement {
    fn from(document: Value) -> Self {
        let texts = |key: &str| list(document.get(key)).iter().map(text_of).collect::<Vec<_>>();
        let conditions = document.get("Condition").and_then(Value::as_object);
        let leading_keys = conditions
            .into_iter()
            .flat_map(Map::values)
            .flat_map(|condition| list(condition.get("dynamodb:LeadingKeys")))
            .map(|pattern| text_of(&pattern))
            .collect();
        Self {
            effect: texts("Effect").concat(),
            actions: texts("Action"),
            resources: texts("Resource"),
            leading_keys,
            document,
        }
    }
}

/// A value that may be written alone or as a list.
fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    }
}
