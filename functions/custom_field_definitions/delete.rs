//! `DELETE /api/custom-field-definitions/{id}`: delete a custom field and its values.
fn main() {}
