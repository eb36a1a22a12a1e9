//! `GET /api/events`: list events.
fn main() {}
