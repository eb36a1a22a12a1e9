//! An item as DynamoDB writes it, where each value stands under a word for its type: `{"S": "text"}`.
//!
//! It is read into what is wanted at once, whatever type that is. The SDK's way is two trees of values
//! in hash maps before it is anything of ours, which was a third of the instructions of a page.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::MapAccessDeserializer,
    },
    forward_to_deserialize_any,
};

/// What an item holds: a type of ours, read as if the words for types were not there.
#[derive(Debug)]
pub(super) struct Stored<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(Attributes(deserializer)).map(Self)
    }
}

/// The whole numbers of an item, with all their digits, and its sort key.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub sk: String,
    pub numbers: Vec<(String, i128)>,
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A number keeps its digits.
        #[derive(Deserialize)]
        struct Digits {
            #[serde(rename = "S")]
            text: Option<String>,
            #[serde(rename = "N")]
            number: Option<String>,
        }
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Counted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("attributes by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counted, A::Error> {
                let mut counted = Counted::default();
                while let Some((name, value)) = map.next_entry::<String, Digits>()? {
                    match (value.text, value.number) {
                        (Some(text), _) if name == "SK" => counted.sk = text,
                        (_, Some(digits)) => {
                            let odd = |_| {
                                let odd = format!("the counter {name} is no whole number");
                                de::Error::custom(format!("{odd}: {digits}"))
                            };
                            let number = digits.parse().map_err(odd)?;
                            counted.numbers.push((name, number));
                        }
                        _ => {}
                    }
                }
                Ok(counted)
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// A key of the table, as it stands in what the table says of keys.
#[derive(Debug, Deserialize)]
pub(super) struct StoredKey {
    #[serde(rename = "PK")]
    pub pk: String,
    #[serde(rename = "SK")]
    pub sk: String,
}

/// Reads attributes by name.
struct Attributes<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Attributes<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(OfEach(visitor))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// Shows a visitor the names and values of a map, or the values of a list, without the words for types.
struct OfEach<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for OfEach<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Plain(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, all: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Plain(all))
    }
}

/// What is within, with plain values.
struct Plain<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Plain<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Plain(seed))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Plain<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Plain(seed))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Plain<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Typed(deserializer))
    }
}

/// Reads a value under the word for its type.
struct Typed<D>(D);

/// What the reader of a value asked for, where that is not the value itself.
#[derive(Clone, Copy)]
enum Asked {
    Value,
    Option,
    Enum,
}

impl<'de, D: Deserializer<'de>> Typed<D> {
    fn read<V: Visitor<'de>>(self, asked: Asked, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(UnderType { asked, visitor })
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Typed<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(Asked::Value, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(Asked::Option, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read(Asked::Enum, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

struct UnderType<V> {
    asked: Asked,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for UnderType<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value under the word for its type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        let kind = map.next_key()?.ok_or_else(|| de::Error::custom("a value without a type"))?;
        let tagged = Tagged { kind, map: &mut map };
        let value = match self.asked {
            Asked::Value => tagged.deserialize_any(self.visitor),
            Asked::Option => tagged.deserialize_option(self.visitor),
            Asked::Enum => tagged.deserialize_enum("", &[], self.visitor),
        }?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(de::Error::custom("a value of two types")),
        }
    }
}

/// The words for types. Sets and bytes are in no item of ours.
#[derive(Clone, Copy, Deserialize)]
enum Kind {
    #[serde(rename = "S")]
    Text,
    #[serde(rename = "N")]
    Number,
    #[serde(rename = "BOOL")]
    Bool,
    #[serde(rename = "NULL")]
    Null,
    #[serde(rename = "M")]
    Map,
    #[serde(rename = "L")]
    List,
}

/// A value whose type has been read.
struct Tagged<'a, A> {
    kind: Kind,
    map: &'a mut A,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Tagged<'_, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(OfKind { kind: self.kind, visitor })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        match self.kind {
            Kind::Null => {
                self.map.next_value::<IgnoredAny>()?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(Variant(visitor))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        self.map.next_value::<IgnoredAny>()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// Shows a visitor the value that stands under the word for its kind.
struct OfKind<V> {
    kind: Kind,
    visitor: V,
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for OfKind<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        match self.kind {
            Kind::Text => deserializer.deserialize_str(self.visitor),
            Kind::Number => deserializer.deserialize_str(Digits(self.visitor)),
            Kind::Bool => deserializer.deserialize_bool(self.visitor),
            Kind::Null => {
                IgnoredAny::deserialize(deserializer)?;
                self.visitor.visit_unit()
            }
            Kind::Map => deserializer.deserialize_map(OfEach(self.visitor)),
            Kind::List => deserializer.deserialize_seq(OfEach(self.visitor)),
        }
    }
}

/// The name of a variant, or a map of it to what it holds.
struct Variant<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Variant<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Variant<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<V::Value, E> {
        self.0.visit_enum(de::value::StrDeserializer::new(name))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(MapAccessDeserializer::new(Plain(map)))
    }
}

/// Shows a visitor the number that is written in these digits.
struct Digits<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Digits<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: de::Error>(self, digits: &str) -> Result<V::Value, E> {
        if let Ok(whole) = digits.parse() {
            return self.0.visit_u64(whole);
        }
        if let Ok(whole) = digits.parse() {
            return self.0.visit_i64(whole);
        }
        match digits.parse() {
            Ok(fraction) => self.0.visit_f64(fraction),
            Err(_) => Err(E::custom(format!("{digits} is no number"))),
        }
    }
}

#[cfg(test)]
mod tests;
