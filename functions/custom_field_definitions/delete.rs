//! `DELETE /api/custom-field-definitions/{id}`: delete a custom field and its values.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, custom_field::CustomFieldDefinition},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomFieldDefinitionsWrite, delete_custom_field_definition).await
}

async fn delete_custom_field_definition(
    cx: Context,
    Found(definition): Found<CustomFieldDefinition>,
) -> Reply<Deleted<kind::CustomField>> {
    let mut tx = cx.begin();
    tx.delete(&definition);
    cx.commit_deleted(tx, &definition).await
}
