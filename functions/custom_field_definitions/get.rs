//! `GET /api/custom-field-definitions/{id}`: read a custom-field definition.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, custom_field::CustomFieldDefinition},
    work::answer::Reply,
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
