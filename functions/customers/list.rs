//! `GET /api/customers`: list customers.
fn main() {}
