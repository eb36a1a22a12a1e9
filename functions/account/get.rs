//! `GET /api/account`: read the account the token belongs to.
fn main() {}
