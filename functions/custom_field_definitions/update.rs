//! `PATCH /api/custom-field-definitions/{id}`: change a custom-field definition.
fn main() {}
