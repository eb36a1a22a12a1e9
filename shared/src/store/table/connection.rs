//! The connection to the table: client, time-outs, what was consumed, attributes to items and back.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
    types::{AttributeValue, ConsumedCapacity},
};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use serde_json::Value;

use super::wire::{Units, Wire};

use crate::{
    base::{config::Config, error::Error},
    model::entity::Item,
    store::key::Key,
};

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// What has been consumed since it was last read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Consumed {
    /// Requests to DynamoDB.
    pub round_trips: u32,
    /// Read and write units together.
    pub capacity_units: f64,
}

/// The table.
#[derive(Debug)]
pub struct Table {
    pub(super) client: Client,
    pub(super) name: String,
    consumed: Mutex<Consumed>,
}

pub const AMAZON_ROOTS: &[u8] = include_bytes!("../amazon-roots.pem");
pub(super) const READ_ATTEMPT: Duration = Duration::from_millis(800);
impl Table {
    /// A client for the table; connects with the first request.
    pub fn new(config: &Config) -> Result<Self, String> {
        let (key_id, secret, session) = config.credentials.clone();
        let mut settings = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(config.region.clone()))
            .credentials_provider(Credentials::new(key_id, secret, session, None, "environment"))
            .http_client(Wire {
                client: aws_smithy_http_client::Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .tls_context(trust(config)?)
                    .build_https(),
            })
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(25)),
            )
            .timeout_config(time_outs(READ_ATTEMPT))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = &config.endpoint {
            settings = settings.endpoint_url(endpoint);
        }
        Ok(Self {
            client: Client::from_conf(settings.build()),
            name: config.table.clone(),
            consumed: Mutex::default(),
        })
    }

    /// What has been consumed since the last call.
    pub fn take_consumed(&self) -> Consumed {
        std::mem::take(&mut *self.consumed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn note<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.noted(consumed.into_iter().filter_map(ConsumedCapacity::capacity_units));
    }

    /// The same, of an answer that was read on its way.
    pub(super) fn note_units(&self, consumed: impl IntoIterator<Item = Units>) {
        self.noted(consumed.into_iter().filter_map(|units| units.capacity_units));
    }

    #[expect(clippy::float_arithmetic, reason = "capacity units are reported as floats; no money")]
    fn noted(&self, units: impl Iterator<Item = f64>) {
        let mut total = self.consumed.lock().unwrap_or_else(PoisonError::into_inner);
        total.round_trips += 1;
        total.capacity_units += units.sum::<f64>();
    }
}

/// Whose certificates are believed: Amazon's own roots for AWS, because reading the system's hundred
/// and more is most of a cold start; the system's for any other endpoint, or where `SSL_CERT_FILE`
/// names some.
fn trust(config: &Config) -> Result<TlsContext, String> {
    let store = match config.endpoint.is_some() || config.own_certificates {
        true => TrustStore::empty().with_native_roots(true),
        false => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    TlsContext::builder().with_trust_store(store).build().map_err(|error| error.to_string())
}

pub(super) fn time_outs(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(500))
        .operation_attempt_timeout(attempt)
        .build()
}

pub(super) fn is_throttle(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "ThrottlingError"
                | "ThrottlingException"
                | "ProvisionedThroughputExceeded"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
        )
    )
}

/// Whether a refusal is of this moment alone: too much was asked for, or a transaction has the item in hand.
fn passes(code: Option<&str>) -> bool {
    is_throttle(code)
        || matches!(code, Some("TransactionConflictException" | "TransactionInProgressException"))
}

/// A read or a single update that failed: the caller may try again unless the request itself is wrong.
pub(super) fn failed<E: ProvideErrorMetadata>(action: &str, error: SdkError<E>) -> Error {
    let text = format!("{action}: {}", described(&error));
    match &error {
        SdkError::ConstructionFailure(_) => Error::Internal(text),
        SdkError::ServiceError(service)
            if service.raw().status().is_client_error() && !passes(service.err().code()) =>
        {
            Error::Internal(text)
        }
        _ => Error::Busy(text),
    }
}

pub(super) fn described<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            format!("{} {}", meta.code().unwrap_or("?"), meta.message().unwrap_or(""))
        }
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::DispatchFailure(failure) => format!("{failure:?}"),
        SdkError::ResponseError(_) => "the answer could not be read".to_owned(),
        _ => "the request could not be built".to_owned(),
    }
}

pub(super) fn attributes_of(key: &Key) -> Result<Attributes, Error> {
    Ok(HashMap::from([
        ("PK".to_owned(), key_text(key.pk())?),
        ("SK".to_owned(), key_text(key.sk())?),
    ]))
}

/// A value of a key, or a bound of one. DynamoDB refuses one without text; the local engine finds
/// nothing there, so that a mistake would be seen in AWS alone.
pub(super) fn key_text(text: &str) -> Result<AttributeValue, Error> {
    match text.is_empty() {
        true => Err(Error::Internal("a key without text".to_owned())),
        false => Ok(AttributeValue::S(text.to_owned())),
    }
}

/// The key of an item that was read.
pub fn key_of(item: &Item) -> Key {
    let part = |name| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Key::from_parts(part("PK"), part("SK"))
}

pub(super) fn attributes(values: Vec<(&'static str, Value)>) -> Result<Attributes, Error> {
    let named = values.into_iter().map(|(name, value)| (name.to_owned(), value));
    to_attributes(&named.collect())
}

pub(super) fn to_attributes(item: &Item) -> Result<Attributes, Error> {
    serde_dynamo::to_item(item).map_err(|error| Error::Internal(format!("to an item: {error}")))
}

pub(super) fn item_of(attributes: Attributes) -> Result<Item, Error> {
    serde_dynamo::from_item(attributes)
        .map_err(|error| Error::Internal(format!("from an item: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_aws_is_reached_with_amazon_s_roots() {
        let config = Config {
            table: "billing".into(),
            region: "eu-central-1".into(),
            credentials: ("id".into(), "secret".into(), None),
            endpoint: None,
            own_certificates: false,
            test_processor_in_prod: false,
            stripe_url: None,
            stripe_rate: None,
            secrets_keys: Vec::new(),
            connect_at_init: false,
            webhooks: crate::base::config::WebhookSettings::default(),
            events_settle_ms: 60_000,
            function: "test".into(),
        };
        assert!(Table::new(&config).is_ok());
        let begins =
            AMAZON_ROOTS.windows(27).filter(|text| *text == b"-----BEGIN CERTIFICATE-----");
        assert_eq!(begins.count(), 5);
    }

    #[test]
    fn a_key_without_text_is_never_sent() {
        let key = |pk: &str, sk: &str| Key::from_parts(pk.to_owned(), sk.to_owned());
        assert_eq!(attributes_of(&key("P", "S")).unwrap().len(), 2);
        for empty in [key("", "S"), key("P", "")] {
            assert!(matches!(attributes_of(&empty), Err(Error::Internal(_))));
        }
    }
}
