//! `GET /api/tokens`: list tokens.
fn main() {}
