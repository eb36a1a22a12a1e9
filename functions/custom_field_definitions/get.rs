//! `GET /api/custom-field-definitions/{id}`: read a custom-field definition.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    custom_field::CustomFieldDefinition,
    http::{Context, Found, Reply, serve},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomFieldDefinitionsRead, get_custom_field_definition).await
}

async fn get_custom_field_definition(
    cx: Context,
    Found(definition): Found<CustomFieldDefinition>,
) -> Reply<CustomFieldDefinition> {
    cx.reply(definition).await
}
