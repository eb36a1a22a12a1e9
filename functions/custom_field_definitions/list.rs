//! `GET /api/custom-field-definitions`: list custom-field definitions.
fn main() {}
