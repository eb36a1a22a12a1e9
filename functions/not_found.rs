//! `$default`: answer for a route or a method that does not exist.
fn main() {}
