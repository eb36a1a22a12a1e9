//! Definitions of custom fields: their number is bounded, and an option in use is not taken away.

use crate::model::coupon::NOUN;
use crate::model::custom_field::MAX_DEFINITIONS;
use crate::{
    base::error::Error,
    model::{
        custom_field::{CustomFieldDefinition, holders},
        entity_type::EntityType,
    },
    work::Work,
};

impl Work {
    /// A slot for one more definition, or why there is none. Whoever takes the same slot at the same
    /// time finds it taken when it commits, and looks again.
    pub async fn free_slot(&self, entity_type: EntityType) -> Result<usize, Error> {
        let account = self.account();
        let known = self.store().custom_field_definitions(account, entity_type).await?;
        let taken = |slot: &usize| known.iter().any(|definition| definition.slot == *slot);
        (0..MAX_DEFINITIONS).find(|slot| !taken(slot)).ok_or_else(|| {
            let hint = format!("has {MAX_DEFINITIONS} fields already, which is the limit");
            Error::rule(NOUN, "entity_type", "too_many", &hint)
        })
    }

    /// Refuses a change that takes away an option which an object holds.
    pub async fn unused(
        &self,
        before: &CustomFieldDefinition,
        after: CustomFieldDefinition,
    ) -> Result<CustomFieldDefinition, Error> {
        let kept = after.options.as_deref().unwrap_or_default();
        let removed = before.options.iter().flatten().filter(|option| !kept.contains(option));
        for option in removed {
            let list = holders(before.id(), option);
            let count = self.store().total(self.account(), &list).await?;
            if count > 0 {
                let hint = format!("leave out '{}', which {count} objects hold", option.as_str());
                return Err(Error::rule(NOUN, "options", "in_use", &hint));
            }
        }
        Ok(after)
    }
}
