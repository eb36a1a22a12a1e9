//! `PATCH /api/customers/{id}`: change a customer.
fn main() {}
