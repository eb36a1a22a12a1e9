//! An event of each type in which nothing happened, to try an endpoint with.

use serde_json::{Value, json};

use super::envelope::written;
use crate::{
    base::{
        error::Error,
        id::{Environment, EventId},
        input::input,
        time::Timestamp,
    },
    entity_of,
    model::{
        entity::{Entity, Representation},
        event::subject_of,
        event_type::{ALL, CustomerEvent, EventType},
        subscription::Subscription,
        webhook::Pattern,
    },
};

input! {
    /// What an endpoint is tried with.
    pub struct TestSend {
        /// The type of the event; `customer.created`, when left out.
        r#type: Option<Pattern>,
    }
    example {"type": "invoice.paid"}
}

impl TestSend {
    /// The type of the event: of several that are meant, the first.
    pub fn name(&self) -> &'static str {
        let meant = |name: &str| match &self.r#type {
            Some(pattern) => pattern.matches(name),
            None => name == "customer.created",
        };
        ALL.iter().map(|(name, _)| *name).find(|name| meant(name)).unwrap_or("customer.created")
    }
}

/// The object that events of this type show in the documentation.
fn object(name: &str) -> Result<Value, Error> {
    if name == CustomerEvent::StateChanged.as_str() {
        return Ok(Subscription::example());
    }
    let subject = subject_of(name);
    entity_of!(
        E where <E as Entity>::Event::SUBJECT == subject => Ok(E::example()),
        else Err(Error::Internal(format!("no kind of object has events like {name}")))
    )
}

/// The envelope of an example, and the object it shows.
pub fn example_of(id: &EventId, name: &str, now: Timestamp) -> Result<(String, Value), Error> {
    let object = object(name)?;
    let event = json!({
        "id": id, "type": name, "created": now.seconds(),
        "livemode": id.environment() == Environment::Prod,
        "data": {"object": object.clone(), "previous_attributes": null},
    });
    let event = event.as_object().cloned().unwrap_or_default();
    Ok((written(&event, None, true)?, object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::Kind;

    #[test]
    fn every_type_shows_an_object_of_its_own_kind() {
        for (name, _) in ALL {
            let prefix = entity_of!(
                E where name.starts_with(&format!("{}.", <E as Entity>::Event::SUBJECT))
                    && !name.starts_with("customer.subscription.")
                    && *name != "customer.state_changed" => <E as Entity>::Kind::PREFIX,
                else "sub"
            );
            let id = object(name).unwrap()["id"].as_str().unwrap().to_owned();
            assert_eq!(id.split('_').next().unwrap(), prefix, "{name}");
        }
        let id = |name| object(name).unwrap()["id"].as_str().unwrap()[..3].to_owned();
        assert_eq!([id("dispute.created"), id("meter.updated")], ["dp_", "mtr"]);
        assert!(object("unicorn.created").is_err());
    }
}
