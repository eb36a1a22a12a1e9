//! What a request refers to: whether the account has it, and what its custom fields are.

use crate::{
    base::{
        error::Error,
        id::{Id, Kind},
        input::{Faults, Location},
        patch::Patch,
    },
    model::{
        custom_field::{FieldChanges, ResolvedChanges},
        entity_type::EntityType,
    },
    store::key::Key,
    work::Work,
};

impl Work {
    /// Notes a reference, in the field at `at`, to an object that the account does not have.
    pub async fn refers_to<K: Kind>(
        &self,
        reference: &Patch<Id<K>>,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        let Some(id) = reference.value() else { return Ok(()) };
        if self.store().get(self.account(), &Key::object(self.account(), id)).await?.is_none() {
            let hint = format!("names a {} that does not exist", K::NOUN);
            faults.not_valid(at, "no_such_object", &hint);
        }
        Ok(())
    }

    /// Checks changes of custom fields against the account's definitions; reads only if there are any.
    pub async fn custom_fields(
        &self,
        entity_type: EntityType,
        changes: &FieldChanges,
        faults: &mut Faults,
    ) -> Result<ResolvedChanges, Error> {
        if changes.is_empty() {
            return Ok(ResolvedChanges::default());
        }
        let known = self.store().custom_field_definitions(self.account(), entity_type).await?;
        Ok(changes.resolved(&known, entity_type.as_str(), faults))
    }

    /// The same, for objects whose other fields refer to nothing.
    pub async fn settled_fields(
        &self,
        entity_type: EntityType,
        changes: &FieldChanges,
    ) -> Result<ResolvedChanges, Error> {
        let mut faults = Faults::default();
        let fields = self.custom_fields(entity_type, changes, &mut faults).await?;
        faults.settled().map(|()| fields)
    }
}
