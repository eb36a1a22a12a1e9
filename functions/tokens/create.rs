//! `POST /api/tokens`: create a token.
fn main() {}
