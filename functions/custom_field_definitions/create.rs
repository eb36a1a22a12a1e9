//! `POST /api/custom-field-definitions`: define a custom field.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    custom_field::{CustomFieldDefinition, NewCustomFieldDefinition},
    http::{Body, Context, Reply, serve},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomFieldDefinitionsWrite, create_custom_field_definition).await
}

async fn create_custom_field_definition(
    cx: Context,
    Body(new): Body<NewCustomFieldDefinition>,
) -> Reply<CustomFieldDefinition> {
    let slot = cx.store().free_slot(cx.account(), new.entity_type).await?;
    let definition = CustomFieldDefinition::new(cx.record(), new, slot)?;
    let mut tx = cx.begin();
    tx.insert(&definition);
    cx.commit(tx, definition).await
}
