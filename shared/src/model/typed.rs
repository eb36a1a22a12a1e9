//! What somebody asks for on a page, as the API would be asked for it: read by the same rules.

use serde_json::Value;

use crate::base::{
    error::Error,
    input::{Faults, Input, Json, Location},
};

/// A body, as the API reads it.
pub(crate) fn read<T: Input>(noun: &'static str, body: &Value) -> Result<T, Error> {
    let json = Json::parse(&body.to_string()).map_err(|why| Error::NotJson(why.0))?;
    let mut faults = Faults::default();
    let read = T::read(&json, &Location::body(noun), &mut faults);
    faults.settled()?;
    read.ok_or(Error::Internal("a fault was not noted".to_owned()))
}
