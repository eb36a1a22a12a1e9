//! `GET /api/custom-field-definitions/{id}`: read a custom-field definition.
fn main() {}
