//! Every key of the table, on one page.
//!
//! | item | PK | SK | why there |
//! |---|---|---|---|
//! | object | `<account>#<id>` | `object` | found by id; a partition of its own, so nothing is hot |
//! | list operation | `<account>#L#<list>#<partition>` | `<id>#<version>` | one query reads a list in id order, which is time order |
//! | unique value | `<account>#U#<what>` | `<value>` | the condition that nobody else has it; one query reads all |
//! | idempotency record | `<account>#IDEM#<sha256>` | `record` | found by what the client repeats |
//! | token | `TOK#<sha256>` | `token` | found before the account is known |
//! | rate limit | `RATE#<token id>#<bucket>` | `bucket` | a partition per token and bucket |
//!
//! An account's keys begin with its id, which carries the environment; the store asserts that of each
//! key it is given. The two that do not are reached before the account is known (`TOK#`) or hold
//! nothing of it (`RATE#`). No value that a client chose can end a part of a key early: it is either
//! the last part, or percent-encoded.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    auth::HashedToken,
    id::{AccountId, Id, TokenId},
    store::list::List,
};

/// Sorts before every id: the lowest sort key of a list's partition is reserved for its head.
pub const BEFORE_IDS: &str = "!";

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pk: String,
    sk: String,
}

impl Key {
    /// The object with this id.
    pub fn object<K>(account: &AccountId, id: &Id<K>) -> Self {
        Self::object_named(account, id.as_str())
    }

    /// The object whose id has been checked elsewhere.
    pub(super) fn object_named(account: &AccountId, id: &str) -> Self {
        Self::new(format!("{account}#{id}"), "object")
    }

    /// The operation that the change to `version` of the object `id` makes on a list.
    pub fn list_operation(account: &AccountId, list: &List, id: &str, version: u64) -> Self {
        Self::new(list.partition(account, 0), format!("{id}#{version}"))
    }

    /// The claim that an account has one object whose `what` is `value`.
    pub fn unique(account: &AccountId, what: &str, value: &str) -> Self {
        Self::new(Self::unique_partition(account, what), value)
    }

    /// All claims of one sort.
    pub fn unique_partition(account: &AccountId, what: &str) -> String {
        format!("{account}#U#{what}")
    }

    /// The record of a request that an `Idempotency-Key` protects.
    pub fn idempotency(account: &AccountId, digest: &str) -> Self {
        Self::new(format!("{account}#IDEM#{digest}"), "record")
    }

    /// The look-up of a token by the digest of its text.
    pub fn token(token: &HashedToken) -> Self {
        Self::new(format!("TOK#{}", token.as_str()), "token")
    }

    /// A rate limit's bucket.
    pub fn rate_limit(token: &TokenId, bucket: &str) -> Self {
        Self::new(format!("RATE#{token}#{bucket}"), "bucket")
    }

    /// No item at all, below a prefix that every function may read.
    pub fn nothing() -> Self {
        Self::new("TOK#".to_owned(), "nothing")
    }

    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// Reads a key back from the item that has it.
    pub(super) fn from_parts(pk: String, sk: String) -> Self {
        Self { pk, sk }
    }

    /// The partition key.
    pub fn pk(&self) -> &str {
        &self.pk
    }

    /// The sort key.
    pub fn sk(&self) -> &str {
        &self.sk
    }

    /// Whether a request of `account` may touch this item.
    pub fn is_open_to(&self, account: &AccountId) -> bool {
        belongs(&self.pk, account) || self.pk.starts_with("TOK#") || self.pk.starts_with("RATE#")
    }
}

/// Whether a partition is one of `account`'s.
pub fn belongs(pk: &str, account: &AccountId) -> bool {
    pk.strip_prefix(account.as_str()).is_some_and(|rest| rest.starts_with('#'))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pk, self.sk)
    }
}

/// A value that a client chose, made safe inside a key.
pub fn encoded(value: &str) -> impl fmt::Display {
    utf8_percent_encode(value, NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CustomerId;

    fn account(text: &str) -> AccountId {
        text.parse().unwrap()
    }

    #[test]
    fn the_keys_are_pinned() {
        let acme = account("acc_prod_0000000000000001");
        let customer: CustomerId = "cus_prod_0000000000000002".parse().unwrap();
        let token: TokenId = "tok_prod_0000000000000003".parse().unwrap();
        let digest = serde_json::from_str::<HashedToken>("\"ab12\"").unwrap();
        let by_email = List::filtered("customers", "email", "a#b@example.com");
        let table = [
            (
                Key::object(&acme, &customer),
                "acc_prod_0000000000000001#cus_prod_0000000000000002/object",
            ),
            (
                Key::list_operation(&acme, &List::all("customers"), customer.as_str(), 7),
                "acc_prod_0000000000000001#L#customers#0/cus_prod_0000000000000002#7",
            ),
            (
                Key::list_operation(&acme, &by_email, customer.as_str(), 1),
                "acc_prod_0000000000000001#L#customers?email=a%23b%40example%2Ecom#0/\
                 cus_prod_0000000000000002#1",
            ),
            (
                Key::unique(&acme, "custom-field-definitions?entity_type=customer", "tier"),
                "acc_prod_0000000000000001#U#custom-field-definitions?entity_type=customer/tier",
            ),
            (Key::idempotency(&acme, "cd34"), "acc_prod_0000000000000001#IDEM#cd34/record"),
            (Key::token(&digest), "TOK#ab12/token"),
            (Key::rate_limit(&token, "read"), "RATE#tok_prod_0000000000000003#read/bucket"),
        ];
        for (key, text) in table {
            assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn a_key_of_another_account_is_not_open() {
        let [acme, other] = ["acc_prod_0000000000000001", "acc_prod_0000000000000002"].map(account);
        let customer: CustomerId = "cus_prod_0000000000000002".parse().unwrap();
        assert!(Key::object(&acme, &customer).is_open_to(&acme));
        assert!(!Key::object(&acme, &customer).is_open_to(&other));
        assert!(!belongs("acc_prod_00000000000000011#x", &acme));
    }
}
