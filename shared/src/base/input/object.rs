//! Reading an object field by field, and the two macros that define what a client may send.

use super::{
    fault::{Faults, Location},
    json::Json,
    reader::Input,
};

/// Reads the fields of one object and notices those that nobody asked for.
pub struct ObjectReader<'a, 'f> {
    fields: &'a [(String, Json)],
    at: &'a Location<'a>,
    faults: &'f mut Faults,
    known: Vec<&'static str>,
}

impl<'a, 'f> ObjectReader<'a, 'f> {
    /// Begins to read `value`; anything but an object is a fault.
    pub fn open(value: &'a Json, at: &'a Location<'a>, faults: &'f mut Faults) -> Option<Self> {
        match value {
            Json::Object(fields) => Some(Self { fields, at, faults, known: Vec::new() }),
            other => faults.wrong_type(at, "an object", other),
        }
    }

    /// Reads the field `name`. A required field that is absent is a fault.
    pub fn field<T: Input>(&mut self, name: &'static str) -> Option<T> {
        self.known.push(name);
        let at = self.at.field(name);
        match self.fields.iter().find(|(key, _)| key == name) {
            Some((_, Json::Null)) if T::absent().is_none() => {
                self.faults.not_understood(&at, "required", "is required and cannot be null");
                None
            }
            Some((_, value)) => T::read(value, &at, self.faults),
            None => {
                let absent = T::absent();
                if absent.is_none() {
                    self.faults.not_understood(&at, "required", "is required");
                }
                absent
            }
        }
    }

    /// Notes every field that was not read, with the name it may have been meant to be.
    pub fn close(self) {
        let code = if self.at.is_query() { "unknown_parameter" } else { "unknown_field" };
        let known = [&self.known, self.at.known_elsewhere()].concat();
        for (key, _) in self.fields {
            if self.known.contains(&key.as_str()) {
                continue;
            }
            let close = |name: &&&str| {
                // Of two letters any two are as close as any other.
                key.len().abs_diff(name.len()) <= 2
                    && strsim::damerau_levenshtein(key, name) <= 2_usize.min(key.len() / 3)
            };
            let hint = match known.iter().find(close) {
                Some(meant) => format!("is not known here; did you mean {meant}?"),
                None if known.is_empty() => "is not known here; none is".to_owned(),
                None => format!("is not known here; known are {}", known.join(", ")),
            };
            self.faults.not_understood(&self.at.field(key), code, &hint);
        }
    }
}

/// The name of a field that may also be a word of Rust: `r#type` is called `type`.
pub fn plain(name: &'static str) -> &'static str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// Defines a struct that a client sends: the type, its reader and its JSON Schema. What follows it as
/// `rules […]` is said by the schema of its fields together (`rule`), and what follows as `example {…}`
/// is shown in the documentation.
macro_rules! input {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $($(#[doc = $doc:expr])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
        }
        $(rules [$($rule:expr),+ $(,)?])?
        $(example $example:tt)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $visibility struct $name {
            $($(#[doc = $doc])* $field_visibility $field: $type,)*
        }

        impl $crate::base::input::Input for $name {
            fn read(
                value: &$crate::base::input::Json,
                at: &$crate::base::input::Location<'_>,
                faults: &mut $crate::base::input::Faults,
            ) -> Option<Self> {
                let mut object = $crate::base::input::ObjectReader::open(value, at, faults)?;
                $(let $field = object.field::<$type>($crate::base::input::plain(stringify!($field)));)*
                object.close();
                Some(Self { $($field: $field?,)* })
            }

            $(fn example() -> Option<serde_json::Value> {
                Some(serde_json::json!($example))
            })?
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut properties = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $(
                    let mut schema = generator.subschema_for::<$type>();
                    let description = concat!($($doc),*).trim();
                    if !description.is_empty() {
                        schema.insert("description".into(), description.into());
                    }
                    properties.insert($crate::base::input::plain(stringify!($field)).into(), schema.into());
                    if <$type as $crate::base::input::Input>::absent().is_none() {
                        required.push($crate::base::input::plain(stringify!($field)));
                    }
                )*
                let mut schema = schemars::json_schema!({
                    "type": "object",
                    "properties": properties,
                    "additionalProperties": false,
                });
                if !required.is_empty() {
                    schema.insert("required".into(), required.into());
                }
                $(schema = $crate::base::input::rule::hold(schema, vec![$($rule),+]);)?
                schema
            }
        }
    };
}

/// Defines an enum whose values are words in JSON.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            serde::Deserialize, schemars::JsonSchema,
        )]
        #[schemars(transform = $crate::base::input::plain_words)]
        $visibility enum $name {
            $($(#[$variant_meta])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them, in the order they are defined.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl $crate::base::input::Choice for $name {
            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::base::input::Input for $name {
            fn read(
                value: &$crate::base::input::Json,
                at: &$crate::base::input::Location<'_>,
                faults: &mut $crate::base::input::Faults,
            ) -> Option<Self> {
                match value.text(at, faults)? {
                    $($word => Some(Self::$variant),)*
                    _ => {
                        let words = [$($word),*].join(", ");
                        faults.not_valid(at, "unknown_value", &format!("must be one of {words}"));
                        None
                    }
                }
            }
        }
    };
}

pub(crate) use {choice, input};
