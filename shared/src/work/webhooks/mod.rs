//! Webhooks: events on their way to whoever wants to be told.
//!
//! | file | what |
//! |---|---|
//! | `endpoints` | what a client does to an endpoint |
//! | `again` | an event that is sent once more because a client asks |
//! | `replay` | all events since an instant, likewise |
//! | `deliver` | the worker: what the stream says |
//! | `due` | the worker: what the due index says |
//! | `ahead` | lanes that are read or written together |
//! | `known` | for how long an endpoint counts as it was read |
//! | `lane` | the events of one object to one endpoint, one after the other |
//! | `message` | one message to an endpoint, and what follows where it fails |
//! | `missed` | events that the stream did not tell of in their turn |
//! | `send` | the one file that opens sockets |

mod again;
mod ahead;
mod deliver;
mod due;
mod endpoints;
mod known;
mod lane;
mod message;
mod missed;
mod replay;
mod send;

pub use self::deliver::Deliveries;
