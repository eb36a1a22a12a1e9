//! `POST /api/custom-field-definitions`: define a custom field.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        custom_field::{CustomFieldDefinition, NewCustomFieldDefinition},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomFieldDefinitionsWrite, create_custom_field_definition).await
}

async fn create_custom_field_definition(
    cx: Context,
    Body(new): Body<NewCustomFieldDefinition>,
) -> Reply<CustomFieldDefinition> {
    let slot = cx.work().free_slot(new.entity_type).await?;
    let definition = CustomFieldDefinition::new(cx.record(), new, slot)?;
    let mut tx = cx.begin();
    tx.insert(&definition);
    cx.commit(tx, definition).await
}
