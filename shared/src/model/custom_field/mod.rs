//! Custom fields: what an account wants to know of its objects beyond what every account does.
//!
//! A *definition* is an object of its own: a key, a type, and rules for values (`value`). Values live
//! in the object they describe, by the definition's id, hidden until `expand=custom_fields` asks.
//! Deleting a definition deletes its values from sight at once, wherever they are: a value whose
//! definition is gone is never shown, never counted and never comes back, because a new definition of
//! the same key has another id. The next change of the object drops it from storage.
//!
//! Whether an option is in use is the total of a list: each object that holds the option is a member.

pub mod value;

use crate::model::entity::Place;
use crate::model::entity_type::EntityType;
use serde_json::Value;

pub use self::value::{FieldChanges, FieldValue, FieldValues, Number, ResolvedChanges, shown};
use crate::{
    base::{
        error::Error,
        id::{CustomFieldId, kind},
        input::{Faults, Location, Text, Word, choice},
        patch::Change,
    },
    model::{
        entity::{Companion, Entity, Item, Representation, encode, entity, recorded},
        event_type::{CustomFieldDefinitionEvent, created_or_updated},
        list::List,
        record::Record,
    },
};

choice! {
    /// What a field's values are.
    pub enum DataType {
        /// At most 500 characters.
        Text = "text",
        /// A number, from `min` to `max` where given.
        Number = "number",
        /// True or false.
        Boolean = "boolean",
        /// One of `options`.
        Select = "select",
    }
}

choice! {
    /// Whether a payer is asked for it on the hosted page of a checkout.
    #[derive(Default)]
    pub enum AtCheckout {
        /// They are not.
        #[default]
        NotAsked = "not_asked",
        /// They are, and may leave it empty.
        Optional = "optional",
        /// They are, and do not pay there without it.
        Required = "required",
    }
}

impl AtCheckout {
    /// Whether a payer is asked.
    pub(crate) fn is_asked(self) -> bool {
        self != Self::NotAsked
    }
}

/// The name of a field in `custom_fields`.
pub type FieldKey = Word<64>;

/// One of a select field's words.
pub type FieldOption = Text<1, 100>;

entity! {
    /// The definition of a custom field.
    pub struct CustomFieldDefinition of kind::CustomField;

    /// What a client sends to define a custom field.
    new NewCustomFieldDefinition
    example {
        "entity_type": "customer",
        "key": "tier",
        "display_name": "Tier",
        "data_type": "select",
        "options": ["gold", "silver"],
    }

    /// What a client sends to change a definition.
    patch CustomFieldDefinitionPatch
    example {"options": ["gold", "silver", "bronze"]}

    fields {
        /// What the field describes; never changes.
        entity_type: pub required EntityType { new },
        /// Its name in `custom_fields`; never changes.
        key: required FieldKey {
            /// Its name in `custom_fields`; unique per entity type; never changes.
            new,
        },
        /// What a person calls it.
        display_name: default(Text::of("")) Text<1, 200> {
            /// What a person calls it; the key, when left out.
            new,
            patch,
        },
        /// What it is for.
        description: optional Text<0, 500>,
        /// What its values are; never changes.
        data_type: required DataType { new },
        /// The least number allowed.
        min: optional Number {
            new,
            /// The least number allowed; values that exist are left alone.
            patch,
        },
        /// The greatest number allowed.
        max: optional Number {
            new,
            /// The greatest number allowed; values that exist are left alone.
            patch,
        },
        /// The words of a select field.
        pub(crate) options: kept(None) Option<Vec<FieldOption>> as Option<Vec<FieldOption>> | Change<Vec<FieldOption>> {
            new,
            /// The words of a select field. One that is in use cannot be removed.
            patch,
        },
        /// Whether a list of objects should show it.
        show_in_list: default(false) bool {
            /// Whether a list of objects should show it; false, when left out.
            new,
            patch,
        },
        /// Whether a payer is asked for it on the hosted page; of checkout sessions alone.
        #[serde(default)]
        at_checkout: default(AtCheckout::NotAsked) AtCheckout {
            /// Whether a payer is asked for it on the hosted page; of checkout sessions alone. Not asked, when
            /// left out.
            new,
            patch,
        },
        #[schemars(skip)]
        pub(crate) slot: kept(0) usize,
    }
}

const NOUN: &str = "custom field definition";
const MAX_OPTIONS: usize = 100;
/// Per entity type. A change of all select fields at once moves its object out of one list and into
/// another for each; with this many, that still fits one transaction.
pub(crate) const MAX_DEFINITIONS: usize = 40;

impl CustomFieldDefinition {
    /// A new definition, in a slot that `Store::free_slot` found.
    pub fn new(
        record: Record<kind::CustomField>,
        new: NewCustomFieldDefinition,
        slot: usize,
    ) -> Result<Self, Error> {
        let display_name = new.display_name.or_else(|| Some(Text::of(new.key.as_str())));
        let options = new.options.clone();
        let new = NewCustomFieldDefinition { display_name, ..new };
        Self { options, slot, ..Self::from_new(record, new) }.checked()
    }

    /// The definition with the changes a client asks for. Whether a removed option is in use is
    /// `Store::unused`'s to say.
    pub fn patched(&self, patch: CustomFieldDefinitionPatch) -> Result<Self, Error> {
        let options = patch.options.clone().into_value().or_else(|| self.options.clone());
        Self { options, ..self.with_patch(patch) }.checked()
    }

    /// The rules between its parts.
    fn checked(self) -> Result<Self, Error> {
        let (mut faults, body) = (Faults::default(), Location::body(NOUN));
        let mut refuse = |field, hint: &str| {
            faults.not_valid(&body.field(field), "not_allowed", hint);
        };
        let numeric = self.data_type == DataType::Number;
        if !numeric && self.min.is_some() {
            refuse("min", "belongs to number fields only");
        }
        if !numeric && self.max.is_some() {
            refuse("max", "belongs to number fields only");
        }
        if matches!((self.min, self.max), (Some(min), Some(max)) if min > max) {
            refuse("min", "is greater than max");
        }
        if self.at_checkout.is_asked() && self.entity_type != EntityType::CheckoutSession {
            refuse("at_checkout", "belongs to fields of checkout sessions only");
        }
        let select = self.data_type == DataType::Select;
        match &self.options {
            Some(_) if !select => refuse("options", "belong to select fields only"),
            None if select => refuse("options", "are required for a select field"),
            Some(options) if options.is_empty() => refuse("options", "cannot be empty"),
            Some(options) if options.len() > MAX_OPTIONS => {
                refuse("options", &format!("are more than {MAX_OPTIONS}"));
            }
            Some(options) if has_twins(options) => refuse("options", "name one word twice"),
            _ => {}
        }
        faults.settled().map(|()| self)
    }

    /// The id, under which values are stored.
    pub fn id(&self) -> &CustomFieldId {
        &self.record.id
    }

    /// Its name in `custom_fields`, its name for people, and what it is for.
    pub(crate) fn names(&self) -> (&str, &str, Option<&str>) {
        let about = self.description.as_ref().map(Text::as_str);
        (self.key.as_str(), self.display_name.as_str(), about)
    }

    /// What its values are.
    pub(crate) fn data_type(&self) -> DataType {
        self.data_type
    }

    /// Whether a payer is asked for it on the hosted page.
    pub(crate) fn at_checkout(&self) -> AtCheckout {
        self.at_checkout
    }

    /// The least and the greatest number allowed.
    pub(crate) fn bounds(&self) -> (Option<Number>, Option<Number>) {
        (self.min, self.max)
    }

    pub(crate) fn claim(entity_type: EntityType) -> String {
        format!("custom-field-definitions?entity_type={entity_type}")
    }

    fn slots(entity_type: EntityType) -> String {
        format!("custom-field-slots?entity_type={entity_type}")
    }
}

fn has_twins(options: &[FieldOption]) -> bool {
    let mut sorted: Vec<_> = options.iter().map(FieldOption::as_str).collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

impl Representation for CustomFieldDefinition {
    fn example() -> Value {
        serde_json::json!({
            "id": "cf_prod_0mkz6k3cf1i2e3l4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "entity_type": "customer",
            "key": "tier",
            "display_name": "Tier",
            "description": null,
            "data_type": "select",
            "min": null,
            "max": null,
            "options": ["gold", "silver"],
            "show_in_list": true,
            "at_checkout": "not_asked",
        })
    }
}

impl Entity for CustomFieldDefinition {
    recorded!(kind::CustomField);
    type Event = CustomFieldDefinitionEvent;
    const RESOURCE: &'static str = "custom-field-definitions";
    const HIDDEN: &'static [&'static str] = &["slot"];

    /// The claim on its key carries a copy of the definition: one query reads all of an entity type.
    /// The claim on its slot is what keeps their number, whoever defines fields at the same time.
    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let mut item = Item::new();
        item.insert("definition".to_owned(), encode(self)?.into());
        let claim = Self::claim(self.entity_type);
        let place = Place::Unique { what: claim, value: self.key.as_str().to_owned() };
        let slots = Self::slots(self.entity_type);
        let slot = Place::Unique { what: slots, value: format!("{:02}", self.slot) };
        Ok(vec![
            Companion { place, item, claims: Some((NOUN, "key")) },
            Companion { place: slot, item: Item::new(), claims: None },
        ])
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<CustomFieldDefinitionEvent> {
        created_or_updated(before)
    }
}

/// The objects that hold an option of a select field.
pub fn holders(field: &CustomFieldId, option: &FieldOption) -> List {
    List::filtered(&format!("custom-field-values/{field}"), "option", option.as_str())
}

/// The lists that an object with these values is in, one for each option that it holds.
pub fn lists_of_values(values: &FieldValues) -> impl Iterator<Item = List> {
    values.iter().filter_map(|(field, value)| match value {
        FieldValue::Option(option) => Some(holders(field, option)),
        FieldValue::Text(_) | FieldValue::Number(_) | FieldValue::Boolean(_) => None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::base::id::AccountId;
    use crate::base::{
        id::IdSource,
        input::{Input, Json},
        time::Clock,
    };

    pub(crate) fn definition(body: &str) -> Result<CustomFieldDefinition, Error> {
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let ids = IdSource::new(Clock);
        let id = CustomFieldId::new(account.environment(), Clock.now(), &ids);
        let mut faults = Faults::default();
        let json = Json::parse(body).unwrap();
        let new = NewCustomFieldDefinition::read(&json, &Location::body(NOUN), &mut faults);
        let new = new.ok_or(Error::Faulty(faults))?;
        CustomFieldDefinition::new(Record::new(id, account, Clock.now()), new, 0)
    }

    fn with(rest: &str) -> Result<CustomFieldDefinition, Error> {
        definition(&format!(r#"{{"entity_type": "customer", "key": "tier", {rest}}}"#))
    }

    #[test]
    fn bounds_belong_to_numbers_and_options_to_selects() {
        for accepted in [
            r#""data_type": "text""#,
            r#""data_type": "number", "min": -1.5, "max": 3"#,
            r#""data_type": "select", "options": ["gold", "silver"]"#,
        ] {
            assert!(with(accepted).is_ok(), "{accepted}");
        }
        for refused in [
            r#""data_type": "text", "min": 1"#,
            r#""data_type": "number", "min": 3, "max": 2"#,
            r#""data_type": "boolean", "options": ["a"]"#,
            r#""data_type": "select""#,
            r#""data_type": "select", "options": []"#,
            r#""data_type": "select", "options": ["a", "a"]"#,
            r#""data_type": "text", "at_checkout": "optional""#,
        ] {
            assert_eq!(with(refused).unwrap_err().status(), 422, "{refused}");
        }
    }

    #[test]
    fn a_field_is_shown_by_its_key_until_it_is_named() {
        assert_eq!(with(r#""data_type": "text""#).unwrap().display_name.as_str(), "tier");
    }
}
