//! `POST /api/customers`: create a customer.
fn main() {}
