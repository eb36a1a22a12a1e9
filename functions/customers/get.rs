//! `GET /api/customers/{id}`: read a customer.
fn main() {}
