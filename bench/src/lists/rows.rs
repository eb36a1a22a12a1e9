//! The customers that the lists are of: the same rows for each system that is compared.

use crate::{
    api::{Api, Client},
    engine::Engine,
};
use anyhow::{Context, Result, anyhow};
use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::base::{
    id::{CustomerId, Environment},
    time::Timestamp,
};

/// When the first of them was made; each next one a millisecond later.
const BEGIN: &str = "2026-01-01T00:00:00Z";
/// The partition for the skip implementation: one item per customer, sorted by id.
pub(super) const SKIP: &str = "SKIP#customers";

/// Customers of one account.
pub(super) struct Rows {
    pub(super) account: String,
    pub(super) client: Client,
    pub(super) count: usize,
    /// A stored customer, as the API wrote it: what the others are copies of.
    stored: Map<String, Value>,
    /// The same, as the API shows it.
    shown: Map<String, Value>,
    begin: Timestamp,
}

impl Rows {
    /// An account that will have `count` customers and no others.
    pub(super) async fn of(api: &Api, engine: &Engine, count: usize) -> Result<Self> {
        // The pattern is a customer of another account, so that its own list stays out of the way.
        let (other, client) = (api.client().await?, api.client().await?);
        let account = text(&client.ask(Method::GET, "/api/account", Value::Null).await?, "id")?;
        let body = json!({"email": "jane.smith@example.com", "name": "Jane Smith"});
        let mut shown = other.ask(Method::POST, "/api/customers", body).await?;
        let key = format!("{}#{}", text(&shown, "account_id")?, text(&shown, "id")?);
        let key = json!({"PK": {"S": key}, "SK": {"S": "object"}});
        let request = json!({"TableName": engine.table, "Key": key, "ConsistentRead": true});
        let mut answer = engine.call("GetItem", &request).await?;
        let stored = answer.get_mut("Item").map(Value::take);
        let stored = stored.and_then(object).context("the pattern was not stored")?;
        let shown = object(shown.take()).context("the pattern is no object")?;
        Ok(Self { account, client, count, stored, shown, begin: BEGIN.parse()? })
    }

    /// When the customer `number` was made.
    fn at(&self, number: usize) -> Timestamp {
        self.begin.plus_millis(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// The id of the customer `number`; the first made is 0, and the last one in a list.
    pub(super) fn id(&self, number: usize) -> String {
        CustomerId::lowest(Environment::Prod, self.at(number))
    }

    /// The customer `number` as it is stored, under its own key.
    pub(super) fn item(&self, number: usize) -> Value {
        self.item_under(
            number,
            format!("{}#{}", self.account, self.id(number)),
            "object".to_owned(),
        )
    }

    /// The same, in the partition of the skip implementation.
    pub(super) fn item_to_skip(&self, number: usize) -> Value {
        self.item_under(number, format!("{}#{SKIP}", self.account), self.id(number))
    }

    fn item_under(&self, number: usize, partition: String, sort: String) -> Value {
        let mut item = self.stored.clone();
        let mut set = |name: &str, value: String| item.insert(name.to_owned(), json!({"S": value}));
        set("PK", partition);
        set("SK", sort);
        for (name, value) in self.own(number) {
            set(name, value);
        }
        Value::Object(item)
    }

    /// The customer `number` as the API shows it.
    pub(super) fn object(&self, number: usize) -> Value {
        let mut object = self.shown.clone();
        object.extend(self.own(number).map(|(name, value)| (name.to_owned(), json!(value))));
        Value::Object(object)
    }

    /// What tells one customer from another.
    fn own(&self, number: usize) -> [(&'static str, String); 5] {
        let at = self.at(number).to_string();
        [
            ("id", self.id(number)),
            ("account_id", self.account.clone()),
            ("created_at", at.clone()),
            ("updated_at", at),
            ("email", format!("jane.smith.{number}@example.com")),
        ]
    }

    /// The ids of a page, the newest first.
    pub(super) fn page(&self, offset: usize, limit: usize) -> Vec<String> {
        let newest = (0..self.count).rev();
        newest.skip(offset).take(limit).map(|number| self.id(number)).collect()
    }
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn text(object: &Value, name: &str) -> Result<String> {
    let text = object.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| anyhow!("there is no {name} in {object}"))
}
