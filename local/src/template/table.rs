//! The table of the template, and the request that creates it.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One attribute of the primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyAttribute {
    /// Its name: `PK`.
    pub attribute_name: String,
    /// `HASH` for the partition key, `RANGE` for the sort key.
    pub key_type: String,
}

/// The definition of the table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its local name.
    pub name: String,
    /// Its primary key.
    pub key_schema: Vec<KeyAttribute>,
    /// The attribute whose time deletes an item.
    pub ttl_attribute: Option<String>,
    /// What a stream record holds, when the table has a stream: `NEW_AND_OLD_IMAGES`.
    pub stream_view: Option<String>,
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    key_schema: Vec<KeyAttribute>,
    time_to_live_specification: Option<TimeToLive>,
    stream_specification: Option<Stream>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    stream_view_type: String,
}

impl Table {
    pub(super) fn from_properties(name: String, properties: Value) -> Result<Self> {
        let Value::Object(map) = &properties else { bail!("it has no Properties") };
        let map = map.clone();
        let parsed: Properties = serde_json::from_value(properties)?;
        Ok(Self {
            name,
            key_schema: parsed.key_schema,
            ttl_attribute: parsed
                .time_to_live_specification
                .filter(|ttl| ttl.enabled)
                .map(|ttl| ttl.attribute_name),
            stream_view: parsed.stream_specification.map(|stream| stream.stream_view_type),
            properties: map,
        })
    }

    /// The name of the partition key.
    pub fn partition_key(&self) -> &str {
        self.key_schema
            .iter()
            .find(|key| key.key_type == "HASH")
            .map_or("", |key| key.attribute_name.as_str())
    }

    /// The body of the `CreateTable` call that makes this table.
    pub fn create_request(&self) -> Value {
        let mut request = Map::new();
        request.insert("TableName".to_owned(), Value::from(self.name.clone()));
        for key in [
            "AttributeDefinitions",
            "KeySchema",
            "BillingMode",
            "ProvisionedThroughput",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
        ] {
            if let Some(value) = self.properties.get(key) {
                request.insert(key.to_owned(), value.clone());
            }
        }
        if let Some(view) = &self.stream_view {
            request.insert(
                "StreamSpecification".to_owned(),
                json!({"StreamEnabled": true, "StreamViewType": view}),
            );
        }
        Value::Object(request)
    }
}
