//! `PATCH /api/account`: change the account's settings.
fn main() {}
