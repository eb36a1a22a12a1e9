//! Secrets of endpoints, and what is signed with them.
//!
//! Two families of headers, over the same bytes. Standard Webhooks signs id, time and body, and names
//! every secret that is valid, so a receiver may hold the old or the new one while it changes them.
//! PaymentKit's header is the HMAC of the body alone, in hexadecimal; while two secrets are valid, the
//! older one's is beside it.

use std::fmt;

use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::base::{id::random, time::Timestamp};

/// What every secret begins with.
const PREFIX: &str = "whsec_";

/// The text that both sides know: `whsec_` and 32 bytes in base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// A new secret.
    pub fn new() -> Self {
        Self(format!("{PREFIX}{}", data_encoding::BASE64.encode(&random::<32>())))
    }

    /// The text, for the answer that shows it once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What Standard Webhooks says of a message: `v1,` and a signature in base64.
    fn standard(&self, id: &str, at: i64, body: &str) -> String {
        let text = self.0.strip_prefix(PREFIX).unwrap_or_default();
        let key = data_encoding::BASE64.decode(text.as_bytes()).unwrap_or_default();
        let signed = format!("{id}.{at}.{body}");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
        format!("v1,{}", data_encoding::BASE64.encode(tag.as_ref()))
    }

    /// What PaymentKit says of a body: the HMAC under the secret's text, in hexadecimal.
    fn of_body(&self, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        data_encoding::HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref())
    }
}

impl Default for SigningSecret {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// A secret, and until when it is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Valid {
    /// The secret.
    pub secret: SigningSecret,
    /// Until when, in real time; for ever, where there is none.
    pub until: Option<Timestamp>,
}

/// What is sent, as far as its headers tell.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The event.
    pub event: &'a str,
    /// What happened.
    pub name: &'a str,
    /// The delivery.
    pub delivery: &'a str,
    /// The body, byte for byte.
    pub body: &'a str,
}

impl Message<'_> {
    /// The headers of the message, sent at `now` of real time; the newest secret is the first.
    pub fn headers(&self, secrets: &[Valid], now: Timestamp) -> Vec<(&'static str, String)> {
        let valid: Vec<&SigningSecret> = secrets
            .iter()
            .filter(|one| one.until.is_none_or(|until| until > now))
            .map(|one| &one.secret)
            .collect();
        let at = now.seconds();
        let standard: Vec<String> =
            valid.iter().map(|secret| secret.standard(self.event, at, self.body)).collect();
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", self.event.to_owned()),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", standard.join(" ")),
            ("x-webhook-event-id", self.event.to_owned()),
            ("x-webhook-event-type", self.name.to_owned()),
            ("x-webhook-delivery-id", self.delivery.to_owned()),
        ];
        let names = ["x-webhook-signature", "x-webhook-signature-previous"];
        for (name, secret) in names.into_iter().zip(valid) {
            headers.push((name, secret.of_body(self.body)));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Message<'static> = Message {
        event: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        name: "customer.created",
        delivery: "dlv_1",
        body: r#"{"test": 2432232314}"#,
    };

    fn header(secrets: &[Valid], at: i64, name: &str) -> Option<String> {
        let now = Timestamp::from_millis(at * 1000).unwrap();
        let found = MESSAGE.headers(secrets, now).into_iter().find(|(one, _)| *one == name);
        found.map(|(_, value)| value)
    }

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let secrets = [Valid { secret, until: None }];
        let signature = header(&secrets, 1_614_265_330, "webhook-signature").unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_standard_base64_with_padding_and_never_prints_itself() {
        let secret = SigningSecret::new();
        let bytes = data_encoding::BASE64.decode(&secret.reveal().as_bytes()[PREFIX.len()..]);
        assert_eq!(bytes.unwrap().len(), 32);
        assert!(secret.reveal().ends_with('='));
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
    }

    #[test]
    fn both_secrets_sign_while_both_are_valid() {
        let until = Timestamp::from_millis(10_000);
        let secrets = [None, until].map(|until| Valid { secret: SigningSecret::new(), until });
        let count = |at| header(&secrets, at, "webhook-signature").unwrap().split(' ').count();
        assert_eq!((count(9), count(10)), (2, 1));
        assert!(header(&secrets, 9, "x-webhook-signature-previous").is_some());
        assert!(header(&secrets, 10, "x-webhook-signature-previous").is_none());
        assert_eq!(
            header(&secrets, 9, "x-webhook-signature"),
            header(&secrets, 10, "x-webhook-signature")
        );
    }
}
