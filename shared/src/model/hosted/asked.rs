//! The custom fields that a payer is asked for: what they typed in, what is wrong with it, and how the page
//! shows them.
//!
//! A field's own definition decides whether a value fits (`custom_field/value.rs`); here a text of a form
//! becomes such a value, and what does not fit is said in the payer's language.

use super::PaymentForm;
use crate::{
    base::input::{Faults, Json, Location},
    model::{
        checkout::public::PublicField,
        custom_field::{
            AtCheckout, CustomFieldDefinition, DataType, FieldChanges, FieldOption, ResolvedChanges,
        },
        words::{Words, said},
    },
};

/// What the controls of these fields are called in a form, before the field's key.
pub(super) const PREFIX: &str = "field_";
/// How many characters a text has at most, as its definition says.
const LONGEST: usize = 500;

/// What is wrong with what was typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Missing,
    TooLong,
    NotANumber,
    OutOfBounds,
    NotUsable,
}

/// A field whose answer cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    key: String,
    flaw: Flaw,
}

impl PaymentForm {
    /// What is answered to the fields that are asked for, as changes of the session's; or what is wrong
    /// with it, field by field.
    pub(crate) fn answers(
        &self,
        definitions: &[CustomFieldDefinition],
    ) -> Result<ResolvedChanges, Vec<Wrong>> {
        let (mut wrong, mut given) = (Vec::new(), Vec::new());
        for definition in definitions.iter().filter(|one| one.at_checkout().is_asked()) {
            let (key, _, _) = definition.names();
            match self.value_of(definition) {
                Ok(value) => given.push((key.to_owned(), value)),
                Err(flaw) => wrong.push(Wrong { key: key.to_owned(), flaw }),
            }
        }
        let (body, mut faults) = (Location::body("checkout session"), Faults::default());
        let fields = body.field("custom_fields");
        let changes = FieldChanges::of(given).resolved_at(definitions, &fields, &mut faults);
        wrong.extend(faults.iter().map(|fault| Wrong {
            key: fault.pointer.rsplit('/').next().unwrap_or_default().to_owned(),
            flaw: match fault.code.as_str() {
                "too_long" => Flaw::TooLong,
                "out_of_range" => Flaw::OutOfBounds,
                _ => Flaw::NotUsable,
            },
        }));
        if wrong.is_empty() { Ok(changes) } else { Err(wrong) }
    }

    /// What was typed into a field, as its type has it; null, where it was left empty.
    fn value_of(&self, definition: &CustomFieldDefinition) -> Result<Json, Flaw> {
        let (key, _, _) = definition.names();
        let required = definition.at_checkout() == AtCheckout::Required;
        let typed = self.typed(key).unwrap_or_default();
        match definition.data_type() {
            DataType::Boolean if required && typed.is_empty() => Err(Flaw::Missing),
            DataType::Boolean => Ok(Json::Bool(!typed.is_empty())),
            _ if typed.is_empty() && required => Err(Flaw::Missing),
            _ if typed.is_empty() => Ok(Json::Null),
            DataType::Number => number(typed).map(Json::Number).ok_or(Flaw::NotANumber),
            DataType::Text | DataType::Select => Ok(Json::Text(typed.to_owned())),
        }
    }

    /// The text of a field, where it is one of the form's.
    fn typed(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == key).map(|(_, text)| text.trim())
    }
}

/// The digits of a number, also where it was written with a comma.
fn number(typed: &str) -> Option<String> {
    let digits = typed.replacen(',', ".", 1);
    let unsigned = digits.strip_prefix('-').unwrap_or(&digits);
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(whole) && is_number(decimals)).then_some(digits)
}

/// A field as the page shows it.
pub(super) struct AskedField<'a> {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) label: &'a str,
    pub(super) about: Option<&'a str>,
    /// The field's type, in its own word.
    pub(super) kind: &'static str,
    pub(super) required: bool,
    pub(super) least: Option<String>,
    pub(super) most: Option<String>,
    pub(super) longest: usize,
    /// What can be chosen, and whether it is.
    pub(super) options: Vec<(&'a str, bool)>,
    pub(super) value: String,
    /// What is wrong with it.
    pub(super) wrong: Option<String>,
    /// The ids of what is said beside it.
    pub(super) described: String,
}

impl<'a> AskedField<'a> {
    /// The field, with what was typed in, or else what the session has; and what is wrong with it.
    pub(super) fn of(
        field: &'a PublicField,
        sent: Option<&PaymentForm>,
        wrong: &[Wrong],
        words: &Words,
    ) -> Self {
        let id = format!("field-{}", field.key);
        let about = field.description.as_deref().filter(|about| !about.is_empty());
        let wrong = wrong.iter().find(|one| one.key == field.key).map(|one| one.said(field, words));
        let value = match sent {
            Some(form) => form.typed(&field.key).unwrap_or_default().to_owned(),
            None => field.shown(),
        };
        let option = |option: &'a FieldOption| (option.as_str(), option.as_str() == value);
        let described =
            [about.map(|_| format!("{id}-about")), wrong.as_ref().map(|_| format!("{id}-wrong"))];
        Self {
            name: format!("{PREFIX}{}", field.key),
            label: &field.name,
            about,
            kind: field.data_type.as_str(),
            required: field.at_checkout == AtCheckout::Required,
            least: field.min.map(|bound| bound.to_string()),
            most: field.max.map(|bound| bound.to_string()),
            longest: LONGEST,
            options: field.options.iter().flatten().map(option).collect(),
            value,
            wrong,
            described: described.into_iter().flatten().collect::<Vec<_>>().join(" "),
            id,
        }
    }
}

impl PublicField {
    /// Its value as a control has it; empty, where it has none or is not true.
    fn shown(&self) -> String {
        match &self.value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Bool(true) => "on".to_owned(),
            serde_json::Value::Number(number) => {
                let text = number.to_string();
                text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
            }
            _ => String::new(),
        }
    }
}

impl Wrong {
    fn said(&self, field: &PublicField, words: &Words) -> String {
        let [min, max] = [field.min, field.max].map(|bound| bound.map(|one| one.to_string()));
        let bounds = (min.as_deref(), max.as_deref());
        match (self.flaw, bounds) {
            (Flaw::Missing, _) => words.field_required.to_owned(),
            (Flaw::TooLong, _) => said(words.field_too_long, &[("count", &LONGEST.to_string())]),
            (Flaw::NotANumber, _) => words.field_number.to_owned(),
            (Flaw::OutOfBounds, (Some(min), Some(max))) => {
                said(words.field_between, &[("min", min), ("max", max)])
            }
            (Flaw::OutOfBounds, (Some(min), None)) => said(words.field_least, &[("min", min)]),
            (Flaw::OutOfBounds, (None, Some(max))) => said(words.field_most, &[("max", max)]),
            (Flaw::OutOfBounds, (None, None)) | (Flaw::NotUsable, _) => {
                words.field_wrong.to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::custom_field::{FieldValues, tests::definition};

    fn field(rest: &str) -> CustomFieldDefinition {
        definition(&format!(r#"{{"entity_type": "checkout_session", "key": "k", {rest}}}"#))
            .unwrap()
    }

    /// What is kept of an answer; or what is wrong with it.
    fn answered(rest: &str, typed: &str) -> Result<Option<serde_json::Value>, Flaw> {
        let field = field(rest);
        let form = PaymentForm::read(&format!("field_k={typed}"));
        match form.answers(std::slice::from_ref(&field)) {
            Ok(changes) => {
                Ok(changes.apply(FieldValues::new()).get(field.id()).map(|value| value.shown()))
            }
            Err(wrong) => Err(wrong[0].flaw),
        }
    }

    #[test]
    fn an_answer_is_kept_as_its_field_has_it() {
        let optional = |data_type: &str| format!(r#""at_checkout": "optional", {data_type}"#);
        let text = optional(r#""data_type": "text""#);
        assert_eq!(answered(&text, "+PO-7+"), Ok(Some("PO-7".into())));
        assert_eq!(answered(&text, "+"), Ok(None));
        assert_eq!(answered(&text, &"x".repeat(501)), Err(Flaw::TooLong));
        assert_eq!(answered(&text, "a%00b"), Err(Flaw::NotUsable));
        let number = optional(r#""data_type": "number", "min": 1, "max": 10"#);
        assert_eq!(answered(&number, "2,5"), Ok(Some(2.5.into())));
        assert_eq!(answered(&number, "10"), Ok(Some(10.0.into())));
        for (typed, flaw) in [
            ("11", Flaw::OutOfBounds),
            ("0", Flaw::OutOfBounds),
            ("many", Flaw::NotANumber),
            ("1e3", Flaw::NotANumber),
            ("1.2.3", Flaw::NotANumber),
            ("1.", Flaw::NotANumber),
            ("1.0000000001", Flaw::OutOfBounds),
        ] {
            assert_eq!(answered(&number, typed), Err(flaw), "{typed}");
        }
        let select = optional(r#""data_type": "select", "options": ["red", "blue"]"#);
        assert_eq!(answered(&select, "blue"), Ok(Some("blue".into())));
        assert_eq!(answered(&select, "green"), Err(Flaw::NotUsable));
        let boolean = optional(r#""data_type": "boolean""#);
        assert_eq!(answered(&boolean, "on"), Ok(Some(true.into())));
        assert_eq!(answered(&boolean, ""), Ok(Some(false.into())));
    }

    #[test]
    fn what_is_required_is_missed_and_what_is_not_asked_for_is_not_read() {
        for data_type in ["text", "number", "boolean"] {
            let required = format!(r#""at_checkout": "required", "data_type": "{data_type}""#);
            assert_eq!(answered(&required, "+"), Err(Flaw::Missing), "{data_type}");
        }
        assert_eq!(answered(r#""data_type": "text""#, "mine"), Ok(None));
        let stranger = field(r#""at_checkout": "optional", "data_type": "text""#);
        let form = PaymentForm::read("field_other=x");
        let changes = form.answers(&[stranger]).unwrap();
        assert!(changes.apply(FieldValues::new()).is_empty());
    }
}
