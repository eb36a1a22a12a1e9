//! `POST /api/custom-field-definitions`: define a custom field.
fn main() {}
