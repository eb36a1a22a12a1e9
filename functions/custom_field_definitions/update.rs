//! `PATCH /api/custom-field-definitions/{id}`: change a custom-field definition.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        custom_field::{CustomFieldDefinition, CustomFieldDefinitionPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomFieldDefinitionsWrite, update_custom_field_definition).await
}

async fn update_custom_field_definition(
    cx: Context,
    Found(definition): Found<CustomFieldDefinition>,
    Body(patch): Body<CustomFieldDefinitionPatch>,
) -> Reply<CustomFieldDefinition> {
    let patched = cx.work().unused(&definition, definition.patched(patch)?).await?;
    let mut tx = cx.begin();
    let definition = tx.update(&definition, patched);
    cx.commit(tx, definition).await
}
