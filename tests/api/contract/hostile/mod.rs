//! What nobody sends by mistake: numbers that are none, text that is none, bodies made to be costly,
//! and values that try to get out of the place they are in.
//!
//! Each is sent to every route that could hold it. The answer is a problem that says which fault it
//! is, or the success it should be, and never a failure; what was refused has changed nothing.

mod bytes;
mod forgery;
mod numbers;
mod queries;
mod texts;
