//! Every check of a ceremony, and each broken once.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::{soft::*, *};
use crate::{
    base::{
        id::{IdSource, PasskeyId},
        input::{Faults, Input, Json, Location},
        time::Clock,
    },
    model::auth::Scope,
};

const ORIGIN: &str = "https://billing.example.com";

/// A deployment, one account of it, and an instant.
struct Here {
    account: AccountId,
    key: ChallengeKey,
    at: Address,
    now: Timestamp,
}

impl Here {
    fn new() -> Self {
        Self {
            account: "acc_stg_0000000000000001".parse().unwrap(),
            key: ChallengeKey::read(&ChallengeKey::draw()).unwrap(),
            at: Address::of(ORIGIN).unwrap(),
            now: Clock.now(),
        }
    }

    fn record(&self) -> Record<kind::Passkey> {
        let id = PasskeyId::new(self.account.environment(), self.now, &IdSource::new(Clock));
        Record::new(id, self.account.clone(), self.now)
    }

    fn challenge(&self, purpose: Purpose<'_>) -> String {
        self.key.ask(purpose, self.now).0
    }

    fn register(&self, body: &Value) -> Result<Passkey, Error> {
        let held = [Grant::Read, Grant::Only(Scope::TokensWrite)];
        let new: NewPasskey = read(body);
        let asked = (&self.key, self.now);
        Passkey::registered(self.record(), new, &held, &self.at, asked).map(|(passkey, _)| passkey)
    }

    /// `soft`, registered.
    fn registered(&self, soft: &mut Soft) -> Passkey {
        soft.user = self.account.to_string();
        let challenge = self.challenge(Purpose::Register(&self.account));
        self.register(&soft.registers(&challenge, ORIGIN)).unwrap()
    }

    fn present(&self, body: &Value) -> Result<Presented, Error> {
        read::<SignIn>(body).presented(&self.at, &self.key, self.now)
    }

    fn use_passkey(&self, passkey: &Passkey, body: &Value) -> Result<Passkey, Error> {
        passkey.used(&self.present(body)?, self.now)
    }

    /// What `soft` signs in with.
    fn signed(&self, soft: &Soft) -> Value {
        soft.signs_in(&self.challenge(Purpose::SignIn), ORIGIN)
    }
}

fn read<T: Input>(body: &Value) -> T {
    let json = Json::parse(&body.to_string()).unwrap();
    T::read(&json, &Location::body(NOUN), &mut Faults::default()).unwrap()
}

/// What is said of it: the field and the code, or the status where there is none.
#[track_caller]
fn said<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result.unwrap_err() {
        Error::Faulty(faults) => {
            let fault = faults.iter().next().unwrap();
            format!("{} {}", fault.pointer, fault.code)
        }
        error => error.status().to_string(),
    }
}

/// `body` with other bytes in `field`.
fn altered(body: &Value, field: &str, change: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut body = body.clone();
    let mut bytes = BASE64URL_NOPAD.decode(body[field].as_str().unwrap().as_bytes()).unwrap();
    change(&mut bytes);
    body[field] = encoded(bytes).into();
    body
}

#[test]
fn a_passkey_of_each_kind_is_registered_and_signs_in() {
    let here = Here::new();
    for (mut soft, algorithm) in
        [(Soft::es256(), Algorithm::Es256), (Soft::ed_dsa(), Algorithm::EdDsa)]
    {
        let passkey = here.registered(&mut soft);
        assert_eq!((passkey.algorithm, passkey.is_synced), (algorithm, false));
        assert_eq!(passkey.host, "billing.example.com");
        assert_eq!(passkey.scopes, [Grant::Read, Grant::Only(Scope::TokensWrite)]);
        let presented = here.present(&here.signed(&soft)).unwrap();
        assert_eq!(presented.account(), &here.account);
        assert_eq!(presented.credential_id(), passkey.credential_id);
        let used = passkey.used(&presented, here.now).unwrap();
        assert_eq!(used.last_used_at, Some(here.now));
    }
}

#[test]
fn an_rsa_key_of_another_program_verifies() {
    // Made by OpenSSL: the modulus, what was signed, and the signature, each in hexadecimal.
    let mut lines = include_str!("rs256.txt").lines();
    let mut bytes = || data_encoding::HEXLOWER.decode(lines.next().unwrap().as_bytes()).unwrap();
    let (modulus, message, signature) = (bytes(), bytes(), bytes());
    let head = [0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0];
    let written = [&head, modulus.as_slice(), &[0x21, 0x43, 1, 0, 1, 0xff]].concat();
    let (key, rest) = PublicKey::read(&written).unwrap();
    assert_eq!((key.algorithm(), rest), (Algorithm::Rs256, [0xff].as_slice()));
    assert!(key.has_signed(&message, &signature));
    assert!(!key.has_signed(&signature, &message));
    let mut other = signature.clone();
    other[9] ^= 1;
    assert!(!key.has_signed(&message, &other));
}

#[test]
fn a_key_of_another_kind_is_none() {
    let es256 = |change: fn(&mut Vec<u8>)| {
        let made = Soft::es256().made("x");
        let mut key = made[37 + 16 + 2 + 16..].to_vec();
        change(&mut key);
        PublicKey::read(&key).map(|(key, _)| key.algorithm())
    };
    assert_eq!(es256(|_| {}), Some(Algorithm::Es256));
    // Another algorithm, curve or type of key; a point of another length; a map that ends early.
    assert_eq!(es256(|key| key[4] = 0x25), None);
    assert_eq!(es256(|key| key[6] = 2), None);
    assert_eq!(es256(|key| key[2] = 1), None);
    assert_eq!(es256(|key| key[9] = 0x1f), None);
    assert_eq!(es256(|key| key.truncate(40)), None);
    // One member twice; another type of value; no map at all.
    let twice = |key: &mut Vec<u8>| {
        key[0] = 0xa6;
        key.extend([3, 0x26]);
    };
    assert_eq!(es256(twice), None);
    assert_eq!(es256(|key| key[8] = 0x78), None);
    assert_eq!(es256(|key| key[0] = 0x85), None);
    assert_eq!(PublicKey::read(&[]), None);
}

#[test]
fn what_is_registered_answers_this_account_here_and_now() {
    let here = Here::new();
    let soft = Soft::es256();
    let challenge = here.challenge(Purpose::Register(&here.account));
    let right = soft.registers(&challenge, ORIGIN);
    here.register(&right).unwrap();
    let with = |client_data: String| {
        let mut body = right.clone();
        body["client_data"] = encoded(client_data).into();
        said(here.register(&body))
    };
    let create = "webauthn.create";
    assert_eq!(with(client_data("webauthn.get", &challenge, ORIGIN)), "/client_data wrong_type");
    for other in
        ["https://evil.example", "http://billing.example.com", "https://billing.example.com:8443"]
    {
        assert_eq!(with(client_data(create, &challenge, other)), "/client_data wrong_origin");
    }
    let framed = client_data(create, &challenge, ORIGIN).replace("false", "true");
    assert_eq!(with(framed), "/client_data wrong_origin");
    let other: AccountId = "acc_stg_0000000000000002".parse().unwrap();
    for another in [
        here.challenge(Purpose::Register(&other)),
        here.challenge(Purpose::SignIn),
        Here::new().challenge(Purpose::Register(&here.account)),
        here.key.ask(Purpose::Register(&here.account), here.now.plus_seconds(-300)).0,
    ] {
        let said = with(client_data(create, &another, ORIGIN));
        assert_eq!(said, "/client_data challenge_expired");
    }
    assert_eq!(with("no json".to_owned()), "/client_data invalid");
}

#[test]
fn what_is_registered_is_of_an_authenticator_that_verified_somebody() {
    let here = Here::new();
    let soft = Soft::es256();
    let right = soft.registers(&here.challenge(Purpose::Register(&here.account)), ORIGIN);
    let with = |change: fn(&mut Vec<u8>)| {
        said(here.register(&altered(&right, "authenticator_data", change)))
    };
    assert_eq!(with(|data| data[0] ^= 1), "/authenticator_data wrong_host");
    // Nobody was there; nobody was verified; a copy of what cannot be copied; no credential.
    assert_eq!(with(|data| data[32] = 0x44), "/authenticator_data not_verified");
    assert_eq!(with(|data| data[32] = 0x41), "/authenticator_data not_verified");
    assert_eq!(with(|data| data[32] = 0x55), "/authenticator_data invalid");
    assert_eq!(with(|data| data[32] = 0x05), "/authenticator_data invalid");
    // An id without end, and none; a byte too many or too few.
    assert_eq!(with(|data| data[53] = 0xff), "/authenticator_data invalid");
    assert_eq!(with(|data| data.push(0)), "/authenticator_data invalid");
    assert_eq!(with(|data| data.truncate(data.len() - 1)), "/authenticator_data invalid");
    assert_eq!(with(|data| data.truncate(36)), "/authenticator_data invalid");
    // Extensions that the authenticator adds, which nothing here asks for.
    let extended = altered(&right, "authenticator_data", |data| {
        data[32] |= 0x80;
        data.extend([0xa0]);
    });
    here.register(&extended).unwrap();
    let mut padded = right.clone();
    padded["client_data"] = "A".into();
    assert_eq!(said(here.register(&padded)), "/client_data invalid_encoding");
}

#[test]
fn whoever_signs_in_answers_a_challenge_that_was_made_for_it_here_and_now() {
    let here = Here::new();
    let mut soft = Soft::es256();
    let passkey = here.registered(&mut soft);
    let signs = |ceremony: &str, challenge: &str, origin: &str, host: &str| {
        let body = soft.signs(&client_data(ceremony, challenge, origin), host);
        here.use_passkey(&passkey, &body)
    };
    let (get, host) = ("webauthn.get", "billing.example.com");
    let challenge = here.challenge(Purpose::SignIn);
    signs(get, &challenge, ORIGIN, host).unwrap();
    let refused = signs("webauthn.create", &challenge, ORIGIN, host);
    assert_eq!(said(refused), "/client_data wrong_type");
    let refused = signs(get, &challenge, "https://evil.example", host);
    assert_eq!(said(refused), "/client_data wrong_origin");
    let refused = signs(get, &challenge, ORIGIN, "evil.example");
    assert_eq!(said(refused), "/authenticator_data wrong_host");
    for other in [
        here.challenge(Purpose::Register(&here.account)),
        Here::new().challenge(Purpose::SignIn),
        here.key.ask(Purpose::SignIn, here.now.plus_seconds(-300)).0,
    ] {
        assert_eq!(said(signs(get, &other, ORIGIN, host)), "/client_data challenge_expired");
    }
}

#[test]
fn what_was_signed_cannot_be_altered() {
    let here = Here::new();
    for mut soft in [Soft::es256(), Soft::ed_dsa()] {
        let passkey = here.registered(&mut soft);
        let right = here.signed(&soft);
        here.use_passkey(&passkey, &right).unwrap();
        let wrong = |field: &str, change: fn(&mut Vec<u8>)| {
            said(here.use_passkey(&passkey, &altered(&right, field, change)))
        };
        // A challenge that was altered is none; one that was replaced was not signed.
        assert_eq!(wrong("client_data", |data| data[50] ^= 1), "/client_data challenge_expired");
        let mut replaced = right.clone();
        let another = client_data("webauthn.get", &here.challenge(Purpose::SignIn), ORIGIN);
        replaced["client_data"] = encoded(another).into();
        assert_eq!(said(here.use_passkey(&passkey, &replaced)), "401");
        assert_eq!(wrong("authenticator_data", |data| data[36] ^= 1), "401");
        assert_eq!(
            wrong("authenticator_data", |data| data[32] = 0),
            "/authenticator_data not_verified"
        );
        assert_eq!(wrong("authenticator_data", |data| data.push(0)), "/authenticator_data invalid");
        assert_eq!(wrong("signature", |data| data[9] ^= 1), "401");
        assert_eq!(wrong("signature", |data| data.truncate(1)), "401");
        // By another passkey.
        let mut other = Soft::es256();
        let other_passkey = here.registered(&mut other);
        assert_eq!(said(here.use_passkey(&other_passkey, &right)), "401");
    }
}

#[test]
fn whose_passkey_it_is_must_be_an_account() {
    let here = Here::new();
    let mut soft = Soft::es256();
    here.registered(&mut soft);
    for nobody in ["", "x", "acc_stg_1", "tok_stg_0000000000000001", "\u{0}"] {
        soft.user = nobody.to_owned();
        let mut body = here.signed(&soft);
        if nobody.is_empty() {
            body["user_handle"] = "A".into();
        }
        assert_eq!(said(here.present(&body)), "401", "{nobody:?}");
    }
}

#[test]
fn an_authenticator_that_counts_counts_up() {
    let here = Here::new();
    for (at_first, then, accepted) in
        [(0, 0, true), (0, 1, true), (5, 6, true), (5, 5, false), (5, 4, false), (5, 0, false)]
    {
        let mut soft = Soft::es256();
        soft.count = at_first;
        let passkey = here.registered(&mut soft);
        soft.count = then;
        let used = here.use_passkey(&passkey, &here.signed(&soft));
        match accepted {
            true => assert_eq!(used.unwrap().sign_count, then),
            false => assert_eq!(said(used), " counts_backwards", "{at_first} {then}"),
        }
    }
}

#[test]
fn a_passkey_that_can_be_copied_stays_one() {
    let here = Here::new();
    let mut soft = Soft::es256();
    soft.flags = VERIFIED | 0x18;
    let passkey = here.registered(&mut soft);
    assert!(passkey.is_synced);
    // Its copy is gone, and that it may have one is not.
    soft.flags = VERIFIED | 0x08;
    let used = here.use_passkey(&passkey, &here.signed(&soft)).unwrap();
    assert!(!used.is_synced && used.may_be_copied);
    soft.flags = VERIFIED;
    assert_eq!(said(here.use_passkey(&passkey, &here.signed(&soft))), "401");
}

#[test]
fn nobody_removes_a_passkey_that_may_do_more() {
    let here = Here::new();
    let passkey = here.registered(&mut Soft::es256());
    assert!(passkey.removable(&Grant::ALL).is_ok());
    assert!(matches!(passkey.removable(&[Grant::Read]), Err(Error::Forbidden(_))));
}

#[test]
fn what_is_asked_names_the_account_and_its_world() {
    let here = Here::new();
    let asked = |account: &str| {
        let account: AccountId = account.parse().unwrap();
        let asked = PasskeyChallenge::new((&account, "Acme"), &here.at, &here.key, here.now);
        (asked.user_name, asked.host, BASE64URL_NOPAD.decode(asked.user_handle.as_bytes()).unwrap())
    };
    let (name, host, handle) = asked("acc_stg_0000000000000001");
    assert_eq!((name.as_str(), host.as_str()), ("Acme (test)", "billing.example.com"));
    assert_eq!(handle, b"acc_stg_0000000000000001");
    assert_eq!(asked("acc_prod_0000000000000001").0, "Acme");
    assert_eq!(json!(Algorithm::EdDsa), "EdDSA");
}
