//! What the documentation says of a field that takes one of several words.
//!
//! Schemars writes an enum whose values are described as a `oneOf` of constants. It is valid, and
//! most generators of clients read only its first constant, or make a type of each. A plain `enum`
//! all of them read; what each value means is said in the description, where people read it.

use schemars::Schema;
use serde_json::{Map, Value};

/// An enum whose values are words in JSON: what `choice!` makes.
pub trait Choice: Copy {
    /// The word for it.
    fn word(self) -> &'static str;
}

/// Writes a `oneOf` of described constants as an `enum`, whose description has a line for each
/// value.
pub fn plain_words(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.remove("oneOf") else { return };
    let text = |map: &Map<String, Value>, key: &str| {
        map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut lines = vec![];
    let mut words = vec![];
    for choice in choices.iter().filter_map(Value::as_object) {
        let word = text(choice, "const");
        lines.push(format!("- `{word}`: {}", text(choice, "description")));
        words.push(word);
    }
    let about = schema.as_object().map(|map| text(map, "description")).unwrap_or_default();
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    schema.insert("description".to_owned(), format!("{about}\n\n{}", lines.join("\n")).into());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::base::input::choice;

    choice! {
        /// When it begins.
        pub enum Begin {
            /// At once.
            Now = "now",
            /// When the period ends.
            Later = "at_end",
        }
    }

    #[test]
    fn a_choice_is_an_enum_that_says_what_each_word_means() {
        let schema = schemars::schema_for!(Begin).to_value();
        assert_eq!(schema["type"], "string");
        assert_eq!(
            schema["enum"],
            json!(Begin::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>())
        );
        assert_eq!(schema["enum"], json!(["now", "at_end"]));
        let about = "When it begins.\n\n- `now`: At once.\n- `at_end`: When the period ends.";
        assert_eq!(schema["description"], about);
        assert!(schema.get("oneOf").is_none());
    }
}
