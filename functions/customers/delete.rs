//! `DELETE /api/customers/{id}`: delete a customer.
fn main() {}
