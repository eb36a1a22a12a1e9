//! What a flow answers: what it made, as the client is to see it.
//!
//! The body is written before the change is committed, because the receipt of a repeated request holds
//! it and is part of the same transaction. What a body is called on the wire is `http`'s.

use std::{borrow::Cow, marker::PhantomData};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{Id, Kind},
    },
    model::{auth::PlainToken, entity::Representation},
};

/// What an operation returns: an answer whose body is a `T`, or why not.
pub type Reply<T> = Result<Answer<T>, Error>;

/// An answer whose body is a `T`.
#[derive(Debug)]
pub struct Answer<T> {
    /// The object, the page, or the text.
    pub body: Value,
    /// The object's version, where it has one.
    pub version: Option<u64>,
    /// Whether an earlier, equal request was answered with this.
    pub replayed: bool,
    /// Shown to the client as `token`; never stored.
    pub secret: Option<PlainToken>,
    /// Where the body is the text of a page: what a browser may load for it.
    pub policy: Option<String>,
    /// Where the body is the text of another document: what it is.
    pub media: Option<&'static str>,
    /// Where the body is a file, in base64: what it is.
    pub file: Option<FileOf>,
    of: PhantomData<T>,
}

impl<T> Answer<T> {
    /// An answer with this body.
    pub fn new(body: Value, version: Option<u64>) -> Self {
        Self {
            body,
            version,
            replayed: false,
            secret: None,
            policy: None,
            media: None,
            file: None,
            of: PhantomData,
        }
    }

    /// An answer that is no entity.
    pub fn of(value: &impl Serialize, version: Option<u64>) -> Result<Self, Error> {
        let body = serde_json::to_value(value)
            .map_err(|error| Error::Internal(format!("an answer: {error}")))?;
        Ok(Self::new(body, version))
    }

    /// The same answer, of another type: a stored answer is what it was when it was stored.
    pub fn retyped<U>(self) -> Answer<U> {
        Answer {
            body: self.body,
            version: self.version,
            replayed: self.replayed,
            secret: self.secret,
            policy: self.policy,
            media: self.media,
            file: self.file,
            of: PhantomData,
        }
    }
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOf {
    /// Its media type.
    pub media: &'static str,
    /// What it is called where somebody keeps it.
    pub name: String,
}

/// A file to print and to keep.
#[derive(Debug)]
pub struct Pdf;

impl Answer<Pdf> {
    /// A file.
    pub fn pdf(bytes: &[u8], name: String) -> Self {
        let mut answer = Self::new(Value::String(data_encoding::BASE64.encode(bytes)), None);
        answer.file = Some(FileOf { media: Pdf::MEDIA, name });
        answer
    }
}

impl JsonSchema for Pdf {
    fn schema_name() -> Cow<'static, str> {
        "Pdf".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "contentMediaType": "application/pdf"})
    }
}

impl Representation for Pdf {
    const MEDIA: &'static str = "application/pdf";

    fn example() -> Value {
        "%PDF-1.7…".into()
    }
}

/// A page for a browser.
#[derive(Debug)]
pub struct Html;

impl Answer<Html> {
    /// A page, for which a browser may load what `policy` names.
    pub fn page(text: String, policy: String) -> Self {
        let mut answer = Self::new(Value::String(text), None);
        answer.policy = Some(policy);
        answer
    }
}

impl JsonSchema for Html {
    fn schema_name() -> Cow<'static, str> {
        "Html".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

impl Representation for Html {
    const MEDIA: &'static str = "text/html";

    fn example() -> Value {
        "<!doctype html>…".into()
    }
}

/// An electronic invoice, for a program of whoever is billed.
#[derive(Debug)]
pub struct Ubl;

impl Answer<Ubl> {
    /// A document, in XML.
    pub fn document(text: String) -> Self {
        let mut answer = Self::new(Value::String(text), None);
        answer.media = Some(Ubl::MEDIA);
        answer
    }
}

impl JsonSchema for Ubl {
    fn schema_name() -> Cow<'static, str> {
        "Ubl".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

impl Representation for Ubl {
    const MEDIA: &'static str = "application/xml";

    fn example() -> Value {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Invoice>…</Invoice>".into()
    }
}

/// The answer to a deletion.
#[derive(Debug, Serialize)]
#[serde(bound = "K: Kind")]
pub struct Deleted<K> {
    /// The id of what was deleted.
    id: Id<K>,
    /// Always true.
    deleted: bool,
}

impl<K> Deleted<K> {
    pub(super) fn new(id: Id<K>) -> Self {
        Self { id, deleted: true }
    }
}

impl<K: Kind> JsonSchema for Deleted<K> {
    fn schema_name() -> Cow<'static, str> {
        let words = K::NOUN.split([' ', '-']).map(|word| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(characters).collect::<String>()
        });
        format!("Deleted{}", words.collect::<String>()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let id = generator.subschema_for::<Id<K>>();
        schemars::json_schema!({
            "type": "object",
            "required": ["id", "deleted"],
            "additionalProperties": false,
            "properties": {"id": id, "deleted": {"type": "boolean", "description": "Always true."}},
        })
    }
}

impl<K: Kind> Representation for Deleted<K> {
    fn example() -> Value {
        serde_json::json!({"id": format!("{}_prod_0mkz6k3cx9y8z7w6", K::PREFIX), "deleted": true})
    }
}
