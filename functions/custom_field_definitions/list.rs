//! `GET /api/custom-field-definitions`: list custom-field definitions, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{auth::Scope, custom_field::CustomFieldDefinition, filter::Unfiltered},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomFieldDefinitionsRead, list_custom_field_definitions).await
}

async fn list_custom_field_definitions(
    cx: Context,
    listing: Listing<Unfiltered<CustomFieldDefinition>>,
) -> Reply<Page<CustomFieldDefinition>> {
    cx.list(listing).await
}
