//! What is true of every operation, proven for each route that template.yaml has. A new route is
//! covered as soon as it is in the template; one that takes a body needs a line in `samples`.
//!
//! Each test goes through all routes and reports everything it found at once.

mod access;
mod answers;
mod fields;
mod filters;
mod hostile;
mod identity;
mod references;
mod requests;
mod samples;
mod world;
