//! `GET /api/events/{id}`: read an event.
fn main() {}
