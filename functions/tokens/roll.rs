//! `POST /api/tokens/{id}/roll`: replace a token.
fn main() {}
