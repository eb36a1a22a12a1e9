//! Answers to reads, taken off the wire before the SDK sees them.
//!
//! The SDK makes of each answer a tree in hash maps, and of each item of it another one, of which our
//! types are made. Of a page that is most of the work. So who reads says what the answer is to become
//! ([`ask`]); what stands between the SDK and its connection ([`Wire`]) makes that of the answer's own
//! text, and gives the SDK an answer without items. Signature, time-outs and repetition stay the SDK's,
//! and so does every answer that says no or cannot be read.

use std::{any::Any, cell::RefCell, collections::HashMap};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, RuntimeComponents,
        http::{HttpRequest, HttpResponse},
    },
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector,
        },
        result::ConnectorError,
        runtime_components::RuntimeComponentsBuilder,
    },
};
use aws_smithy_types::body::SdkBody;
use futures_util::{FutureExt, future::BoxFuture};
use http_body_util::BodyExt;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    connection::failed,
    stored::{Stored, StoredKey},
};
use crate::{base::error::Error, model::entity::unreadable, store::key::Key};

type Found = Box<dyn Any + Send>;

/// What the answer to the request under way is to become, and what became of it.
struct Wanted {
    read: fn(&[u8]) -> Option<Found>,
    found: RefCell<Option<Found>>,
}

tokio::task_local! {
    static WANTED: Wanted;
}

fn read<A: DeserializeOwned + Send + 'static>(text: &[u8]) -> Option<Found> {
    let answer: A = serde_json::from_slice(text).ok()?;
    Some(Box::new(answer))
}

/// Sends a request of the SDK's, and reads its answer into `A` alone.
///
/// # Errors
///
/// What the SDK says, as that of `action`.
pub(super) fn ask<'a, A, O, E>(
    action: &'a str,
    send: impl Future<Output = Result<O, SdkError<E>>> + Send + 'a,
) -> BoxFuture<'a, Result<A, Error>>
where
    A: DeserializeOwned + Send + 'static,
    O: Send + 'a,
    E: ProvideErrorMetadata + Send + 'a,
{
    let wanted = Wanted { read: read::<A>, found: RefCell::new(None) };
    let asked = async move {
        send.await.map_err(|error| failed(action, error))?;
        let found = WANTED.with(|wanted| wanted.found.borrow_mut().take());
        let found = found.and_then(|found| found.downcast::<A>().ok());
        let unread = || Error::Internal(format!("{action}: an answer that is none"));
        found.map(|found| *found).ok_or_else(unread)
    };
    WANTED.scope(wanted, asked).boxed()
}

/// The SDK's client of HTTP, whose answers are read on their way.
#[derive(Debug)]
pub(super) struct Wire {
    pub client: SharedHttpClient,
}

#[derive(Debug)]
struct Reading {
    connector: SharedHttpConnector,
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Reading { connector })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

impl HttpConnector for Reading {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.connector.call(request);
        match WANTED.try_with(|wanted| wanted.read) {
            Ok(read) => HttpConnectorFuture::new(async move { taken(read, answer.await?).await }),
            Err(_) => answer,
        }
    }
}

/// An answer without what was wanted of it. What cannot be read is left to the SDK, which says why.
async fn taken(
    read: fn(&[u8]) -> Option<Found>,
    mut answer: HttpResponse,
) -> Result<HttpResponse, ConnectorError> {
    if !answer.status().is_success() {
        return Ok(answer);
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken()).collect().await;
    let text = body.map_err(ConnectorError::io)?.to_bytes();
    *answer.body_mut() = match read(&text) {
        Some(found) => {
            WANTED.with(|wanted| wanted.found.replace(Some(found)));
            SdkBody::from("{}")
        }
        None => SdkBody::from(text),
    };
    Ok(answer)
}

/// An item as it came, of which its reader knows later what it is.
#[derive(Debug, Deserialize)]
pub struct Row(Box<RawValue>);

impl Row {
    /// What it holds.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, Error> {
        read_item(&self.0).map_err(|error| {
            // Not any other key: that of a place in a list may have an e-mail address in it.
            let key = self.key();
            unreadable(key.as_ref().and_then(Key::object_id), &error)
        })
    }

    /// The key it is under.
    pub fn key(&self) -> Option<Key> {
        read_item(&self.0).ok().map(|StoredKey { pk, sk }| Key::from_parts(pk, sk))
    }
}

fn read_item<T: DeserializeOwned>(text: &RawValue) -> Result<T, serde_json::Error> {
    serde_json::from_str(text.get()).map(|Stored(item)| item)
}

/// What a request consumed of the table's capacity.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Units {
    pub capacity_units: Option<f64>,
}

/// The answer to a `GetItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", bound = "T: Deserialize<'de>")]
pub(super) struct Got<T> {
    pub item: Option<T>,
    pub consumed_capacity: Option<Units>,
}

/// The answer to a `Query`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", bound = "T: Deserialize<'de>")]
pub(super) struct Queried<T> {
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
    pub last_evaluated_key: Option<Stored<StoredKey>>,
    pub consumed_capacity: Option<Units>,
}

/// The answer to a `BatchGetItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchGot {
    #[serde(default)]
    pub responses: HashMap<String, Vec<Row>>,
    #[serde(default)]
    pub unprocessed_keys: HashMap<String, Left>,
    #[serde(default)]
    pub consumed_capacity: Vec<Units>,
}

/// The keys of a table that a batch left over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Left {
    pub keys: Vec<Stored<StoredKey>>,
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
    use aws_smithy_runtime_api::{client::http::http_client_fn, http::StatusCode};
    use serde_json::{Value, json};

    use super::*;

    /// A connection on which each request has the next of these answers.
    #[derive(Debug)]
    struct Canned(std::sync::Arc<std::sync::Mutex<Vec<(u16, String)>>>);

    impl HttpConnector for Canned {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let (status, body) = self.0.lock().unwrap().remove(0);
            let status = StatusCode::try_from(status).unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
        }
    }

    fn client(answers: &[(u16, Value)]) -> aws_sdk_dynamodb::Client {
        let answers = answers.iter().map(|(status, body)| (*status, body.to_string())).collect();
        let answers = std::sync::Arc::new(std::sync::Mutex::new(answers));
        let canned = move |_: &HttpConnectorSettings, _: &RuntimeComponents| {
            SharedHttpConnector::new(Canned(answers.clone()))
        };
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(Wire { client: http_client_fn(canned) });
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    #[tokio::test]
    async fn an_answer_is_read_as_what_was_asked_for() {
        let answer = json!({
            "Items": [{"a": {"N": "1"}}, {"a": {"N": "2"}}], "Count": 2,
            "LastEvaluatedKey": {"PK": {"S": "p"}, "SK": {"S": "s"}},
            "ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5},
        });
        let client = client(&[(200, answer)]);
        let request = client.query().table_name("t").send();
        let answer: Queried<Stored<HashMap<String, u64>>> = ask("Query", request).await.unwrap();
        let read: Vec<u64> = answer.items.iter().map(|Stored(item)| item["a"]).collect();
        assert_eq!(read, [1, 2]);
        assert_eq!(answer.last_evaluated_key.unwrap().0.sk, "s");
        assert_eq!(answer.consumed_capacity.unwrap().capacity_units, Some(0.5));
    }

    #[tokio::test]
    async fn what_says_no_or_cannot_be_read_is_the_sdk_s_to_tell() {
        let no = json!({"__type": "com.amazonaws#ThrottlingException", "message": "slow down"});
        let odd = json!({"Item": {"a": "no type"}});
        let client = client(&[(400, no), (200, odd)]);
        let ask_again =
            || ask::<Got<Row>, _, _>("GetItem", client.get_item().table_name("t").send());
        assert!(matches!(ask_again().await, Err(Error::Busy(text)) if text.contains("slow down")));
        // The row itself is read later; what it says is none.
        let row = ask_again().await.unwrap().item.unwrap();
        let read = row.decode::<HashMap<String, u64>>();
        assert!(matches!(read, Err(Error::Internal(text)) if text.contains("cannot be read")));
    }

    #[tokio::test]
    async fn a_refusal_of_the_moment_is_no_defect_and_any_other_is() {
        let refused = |code: &str| (400, json!({"__type": format!("x#{code}"), "message": "no"}));
        let client = client(&[
            refused("TransactionConflictException"),
            refused("ProvisionedThroughputExceededException"),
            (500, json!({"__type": "x#InternalServerError"})),
            refused("ValidationException"),
        ]);
        let update = || async {
            let request = client.update_item().table_name("t").send().await;
            failed("UpdateItem", request.unwrap_err())
        };
        for _ in 0..3 {
            assert_eq!(update().await.status(), 503);
        }
        assert_eq!(update().await.status(), 500);
    }

    #[tokio::test]
    async fn who_wants_nothing_has_the_sdk_s_answer() {
        let client = client(&[(200, json!({"Item": {"a": {"N": "1"}}}))]);
        let answer = client.get_item().table_name("t").send().await.unwrap();
        assert!(answer.item.unwrap().contains_key("a"));
    }
}
