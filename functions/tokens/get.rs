//! `GET /api/tokens/{id}`: read a token.
fn main() {}
