//! Where an event is in what was sent, and what its fields are called there: that is where its faults are.

use super::event::NOUN;
use crate::base::input::Location;

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the fields of our own.
    Own,
    /// As CloudEvents.
    Cloud,
}

/// Where an event is: alone, or at a place of a batch.
#[derive(Clone, Copy, Debug)]
pub struct EventPlace {
    form: Form,
    index: Option<usize>,
}

impl EventPlace {
    /// In a batch, at `index`; or alone.
    pub const fn new(form: Form, index: Option<usize>) -> Self {
        Self { form, index }
    }

    /// Calls `read` with the place.
    pub(super) fn at<T>(self, read: impl FnOnce(&Location<'_>) -> T) -> T {
        let body = Location::body(NOUN);
        match (self.index, self.form) {
            (None, _) => read(&body),
            (Some(index), Form::Own) => read(&body.field("events").index(index)),
            (Some(index), Form::Cloud) => read(&body.index(index)),
        }
    }

    /// The field that holds the name of its meter's events.
    pub(super) const fn event_name(self) -> &'static str {
        match self.form {
            Form::Own => "event_name",
            Form::Cloud => "type",
        }
    }

    /// The field that says when it happened.
    pub(super) const fn timestamp(self) -> &'static str {
        match self.form {
            Form::Own => "timestamp",
            Form::Cloud => "time",
        }
    }

    /// The field that says what happened.
    pub(super) const fn payload(self) -> &'static str {
        match self.form {
            Form::Own => "payload",
            Form::Cloud => "data",
        }
    }
}
