//! An authenticator in software: it makes passkeys, and signs what it is asked, right or wrong. The unit
//! tests of `shared/src/model/passkey/` have it too.

use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

/// That somebody was there, and was verified.
pub(crate) const VERIFIED: u8 = 0x05;

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// A passkey, in the authenticator that keeps it.
pub(crate) struct Soft {
    pair: Pair,
    pub(crate) id: Vec<u8>,
    pub(crate) count: u32,
    pub(crate) flags: u8,
    /// Whose passkey it is, as it is told when it is made.
    pub(crate) user: String,
}

impl Soft {
    pub(crate) fn es256() -> Self {
        let (kind, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap();
        Self::with(Pair::Es256(pair))
    }

    pub(crate) fn ed_dsa() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::with(Pair::EdDsa(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()))
    }

    fn with(pair: Pair) -> Self {
        let mut id = vec![0; 16];
        SystemRandom::new().fill(&mut id).unwrap();
        Self { pair, id, count: 0, flags: VERIFIED, user: String::new() }
    }

    /// The public key, in the one form that CTAP2 allows.
    fn cose(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Es256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20];
                [&head, x, &[0x22, 0x58, 0x20], y].concat()
            }
            Pair::EdDsa(pair) => {
                let head = [0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x20];
                [&head, pair.public_key().as_ref()].concat()
            }
        }
    }

    fn said(&self, host: &str, flags: u8) -> Vec<u8> {
        [digest(&SHA256, host.as_bytes()).as_ref(), &[flags], &self.count.to_be_bytes()].concat()
    }

    /// What it says of a passkey that it has made for `host`.
    pub(crate) fn made(&self, host: &str) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let said = self.said(host, self.flags | 0x40);
        [said.as_slice(), &[7; 16], &length, &self.id, &self.cose()].concat()
    }

    /// What a browser sends at `origin` to register it, in answer to `challenge`.
    pub(crate) fn registers(&self, challenge: &str, origin: &str) -> Value {
        json!({
            "name": "Jane's laptop",
            "client_data": encoded(client_data("webauthn.create", challenge, origin)),
            "authenticator_data": encoded(self.made(host_of(origin))),
        })
    }

    /// What a browser sends at `origin` to sign in, in answer to `challenge`.
    pub(crate) fn signs_in(&self, challenge: &str, origin: &str) -> Value {
        self.signs(&client_data("webauthn.get", challenge, origin), host_of(origin))
    }

    /// The same for whatever client data, and for whatever host.
    pub(crate) fn signs(&self, client_data: &str, host: &str) -> Value {
        let said = self.said(host, self.flags);
        let signed = [&said, digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = match &self.pair {
            Pair::Es256(pair) => {
                pair.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec()
            }
            Pair::EdDsa(pair) => pair.sign(&signed).as_ref().to_vec(),
        };
        json!({
            "user_handle": encoded(&self.user),
            "credential_id": encoded(&self.id),
            "client_data": encoded(client_data),
            "authenticator_data": encoded(said),
            "signature": encoded(signature),
        })
    }
}

/// Client data, as browsers write it.
pub(crate) fn client_data(ceremony: &str, challenge: &str, origin: &str) -> String {
    json!({
        "type": ceremony, "challenge": challenge, "origin": origin, "crossOrigin": false,
        "other_keys_can_be_added_here": "do not compare clientDataJSON against a template",
    })
    .to_string()
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

/// The host of an origin.
fn host_of(origin: &str) -> &str {
    let place = origin.split_once("://").unwrap().1;
    place.rsplit_once(':').map_or(place, |(host, _)| host)
}
