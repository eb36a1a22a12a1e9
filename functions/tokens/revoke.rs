//! `DELETE /api/tokens/{id}`: revoke a token.
fn main() {}
