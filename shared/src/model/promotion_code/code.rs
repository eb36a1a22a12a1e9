//! What a customer types to get a coupon.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        id::random,
        input::{Faults, Input, Json, Location},
    },
    model::filter::Value,
};

/// What the claim of a code is called: one account, one holder.
pub const CLAIM: &str = "promotion-codes?code";

/// What a customer types: 3 to 40 letters, digits, `_` or `-`, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    const SHORTEST: usize = 3;
    const LONGEST: usize = 40;
    /// Of what a new code is made: nothing that is read as something else.
    const READABLE: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /// A code that nobody has thought of: two groups of five, 50 bits.
    pub(super) fn new() -> Self {
        let letter = |byte: u8| {
            let index = usize::from(byte) % Self::READABLE.len();
            Self::READABLE.get(index).copied().map_or('-', char::from)
        };
        let letters: Vec<char> = random::<10>().into_iter().map(letter).collect();
        let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
        Self(groups.join("-"))
    }

    /// What a payer has typed in; none, where it can be no code.
    pub(crate) fn typed(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let is_code =
            (Self::SHORTEST..=Self::LONGEST).contains(&text.len()) && text.bytes().all(allowed);
        is_code.then(|| Self(text.to_owned()))
    }

    /// The code as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for all ways to write it.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Value for Code {
    fn listed(&self) -> Option<String> {
        Some(self.folded())
    }
}

impl Input for Code {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        if let Some(code) = Self::typed(text) {
            return Some(code);
        }
        let hint =
            format!("must be {} to {} letters, digits, '_' or '-'", Self::SHORTEST, Self::LONGEST);
        faults.not_valid(at, "invalid_characters", &hint);
        None
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (shortest, longest) = (Self::SHORTEST, Self::LONGEST);
        json_schema!({
            "type": "string",
            "pattern": format!("^[A-Za-z0-9_-]{{{shortest},{longest}}}$"),
            "examples": ["LAUNCH-20"],
        })
    }
}
