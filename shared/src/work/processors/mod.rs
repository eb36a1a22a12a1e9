//! TODO-DOC

pub mod boundary;
pub mod find;
pub mod route;
pub mod test;
