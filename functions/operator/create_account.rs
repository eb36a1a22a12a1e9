//! `invoked with IAM credentials`: create an account and its first tokens.
fn main() {}
