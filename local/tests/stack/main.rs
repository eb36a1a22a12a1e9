//! The local stack as its users see it: over HTTP, with real function processes.

mod command;
mod failures;
mod lifetime;
mod routing;
mod support;
mod wire;
mod workers;
