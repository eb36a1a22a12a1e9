//! What is reached besides the table: processors, over HTTPS, and the key of the deployment, by which
//! what an account entrusts to it is sealed.
//!
//! The client is the one that DynamoDB is reached by, so it costs a function next to nothing. A
//! connection is opened by the first call and kept for the next one.

use std::{sync::OnceLock, time::Duration};

use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use aws_smithy_types::body::SdkBody;
use http::Method;
use http_body_util::BodyExt;
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
};

use super::pace::Pace;
use crate::base::{config::Config, error::Error, id::random};

/// Where Stripe is.
const STRIPE: &str = "https://api.stripe.com";
/// How many requests a second it takes from an account, a fifth of that left to others: 100 and 25.
const STRIPE_LIVE_RATE: u32 = 80;
const STRIPE_TEST_RATE: u32 = 20;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(8);

/// A request.
#[derive(Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// The address with everything.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: String,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers, the names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The outside world.
#[derive(Debug)]
pub struct Outside {
    stripe: String,
    own_certificates: bool,
    connector: OnceLock<Connector>,
    pace: Pace,
    /// How many requests a second Stripe takes from an account, where it is not as usual.
    stripe_rate: Option<u32>,
    /// The keys of the deployment: the first seals, each opens.
    keys: Vec<String>,
}

impl Outside {
    /// Another Stripe than the one, if there is one, asked no faster than is usual, and the keys by which
    /// secrets are sealed.
    pub fn of(stripe: Option<String>, keys: Vec<String>) -> Self {
        Self {
            own_certificates: stripe.is_some(),
            stripe: stripe.unwrap_or_else(|| STRIPE.to_owned()),
            connector: OnceLock::new(),
            pace: Pace::default(),
            stripe_rate: None,
            keys,
        }
    }

    /// What `config` says of it.
    pub(super) fn new(config: &Config) -> Self {
        let outside = Self::of(config.stripe_url.clone(), config.secrets_keys.clone());
        Self {
            own_certificates: config.own_certificates || outside.own_certificates,
            stripe_rate: config.stripe_rate,
            ..outside
        }
    }

    /// Where Stripe is.
    pub fn stripe_url(&self) -> &str {
        &self.stripe
    }

    /// Waits until the owner of `key` may ask Stripe for something; not for longer than `longest`.
    pub(crate) async fn stripe_turn(&self, key: &str, longest: Duration) {
        let usual = if is_live(key) { STRIPE_LIVE_RATE } else { STRIPE_TEST_RATE };
        let wait = self.pace.turn(key, self.stripe_rate.unwrap_or(usual));
        tokio::time::sleep(wait.min(longest)).await;
    }

    /// Stripe said to the owner of `key` that it was asked too much.
    pub(crate) fn stripe_rests(&self, key: &str) {
        self.pace.rest(key);
    }

    /// Whether secrets can be kept.
    pub fn keeps_secrets(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Sends a request. The error says why there is no answer, for the log.
    pub async fn call(&self, call: &Call) -> Result<Reply, String> {
        match tokio::time::timeout(ANSWER, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    async fn exchange(&self, call: &Call) -> Result<Reply, String> {
        let mut request = http::Request::builder().method(call.method.clone()).uri(&call.url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let body = SdkBody::from(call.body.as_str());
        let request = request.body(body).map_err(|error| error.to_string())?;
        let request = HttpRequest::try_from(request).map_err(|error| error.to_string())?;
        let sent = self.connector()?.call(request).await;
        let response = sent.map_err(|error| format!("{error:?}"))?;
        let status = response.status().as_u16();
        let named = |(name, value): (&str, &str)| (name.to_lowercase(), value.to_owned());
        let headers = response.headers().iter().map(named).collect();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
        let body =
            String::from_utf8(body.to_bytes().to_vec()).map_err(|error| error.to_string())?;
        Ok(Reply { status, headers, body })
    }

    fn connector(&self) -> Result<&Connector, String> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let roots = match self.own_certificates {
            true => TrustStore::empty().with_native_roots(true),
            false => TrustStore::empty().with_pem_certificate(STRIPE_ROOTS),
        };
        let connector = connector(roots)?;
        Ok(self.connector.get_or_init(|| connector))
    }

    /// A secret as it is kept at `place`: nobody without the key of the deployment can read it, and
    /// nobody can put it anywhere else.
    pub fn seal(&self, place: &str, secret: &str) -> Result<String, Error> {
        let key = self.keys.first().ok_or_else(|| broken("there is no key for secrets"))?;
        let nonce: [u8; NONCE_LEN] = random();
        let mut text = secret.as_bytes().to_vec();
        sealing_key(key)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut text,
            )
            .map_err(|_| broken("a secret could not be sealed"))?;
        Ok(data_encoding::BASE64.encode(&[nonce.as_slice(), &text].concat()))
    }

    /// The secret that was sealed for `place`.
    pub fn unseal(&self, place: &str, sealed: &str) -> Result<String, Error> {
        let opened = self.keys.iter().find_map(|key| open(key, place, sealed));
        opened.ok_or_else(|| broken("a secret was sealed with another key than the deployment has"))
    }
}

/// A client over HTTPS that believes what leads to these roots.
pub(super) fn connector(roots: TrustStore) -> Result<Connector, String> {
    let trust = TlsContext::builder().with_trust_store(roots).build();
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
    Ok(Connector::builder()
        .connector_settings(settings)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust.map_err(|error| error.to_string())?)
        .build())
}

/// The roots that Stripe's certificates lead to.
const STRIPE_ROOTS: &[u8] = include_bytes!("stripe-roots.pem");

/// Whether a key of Stripe moves money.
fn is_live(key: &str) -> bool {
    key.split('_').nth(1) == Some("live")
}

fn broken(what: &str) -> Error {
    Error::Internal(what.to_owned())
}

fn sealing_key(key: &str) -> Result<LessSafeKey, Error> {
    let key = digest(&SHA256, key.as_bytes());
    UnboundKey::new(&CHACHA20_POLY1305, key.as_ref())
        .map(LessSafeKey::new)
        .map_err(|_| broken("a sealing key of the wrong size"))
}

fn open(key: &str, place: &str, sealed: &str) -> Option<String> {
    let bytes = data_encoding::BASE64.decode(sealed.as_bytes()).ok()?;
    let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>()?;
    let mut text = text.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let aad = Aad::from(place.as_bytes());
    let opened = sealing_key(key).ok()?.open_in_place(nonce, aad, &mut text).ok()?;
    String::from_utf8(opened.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(keys: &[&str]) -> Outside {
        Outside::of(None, keys.iter().map(|key| (*key).to_owned()).collect())
    }

    #[test]
    fn a_secret_is_opened_where_it_was_sealed_by_the_key_it_was_sealed_with() {
        let sealed = outside(&["old"]).seal("proc_1", "sk_test_1").unwrap();
        assert!(!sealed.contains("sk_test"));
        assert_eq!(outside(&["old"]).unseal("proc_1", &sealed).unwrap(), "sk_test_1");
        // While the key is changed, what was sealed before is still opened.
        assert_eq!(outside(&["new", "old"]).unseal("proc_1", &sealed).unwrap(), "sk_test_1");
        assert!(outside(&["old"]).unseal("proc_2", &sealed).is_err());
        assert!(outside(&["new"]).unseal("proc_1", &sealed).is_err());
        assert!(outside(&[]).seal("proc_1", "sk_test_1").is_err());
    }

    #[test]
    fn stripe_is_reached_with_the_roots_of_its_own() {
        let begins =
            STRIPE_ROOTS.windows(27).filter(|text| *text == b"-----BEGIN CERTIFICATE-----");
        assert!(begins.count() >= 8);
        assert!(outside(&[]).connector().is_ok());
    }
}
