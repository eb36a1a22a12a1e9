//! The order of the events of one object.

use serde::{Deserialize, Serialize};

/// Where an event stands among those of its object: by version, and within one by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The version of the object; the next one, when it was deleted.
    pub version: u64,
    /// Which of the events of that version.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

impl Turn {
    /// By this they are ordered.
    pub fn place(self) -> (u64, u32) {
        (self.version, self.number)
    }

    /// Whether it is this one or one before it.
    pub fn is_within(self, done: Self) -> bool {
        self.place() <= done.place()
    }

    /// The later one of the two.
    pub fn later(self, other: Option<Self>) -> Self {
        other.filter(|other| self.is_within(*other)).unwrap_or(self)
    }

    /// Whether nothing is between `before` and this one.
    pub fn follows(self, before: Self) -> bool {
        let next =
            before.number >= before.of && self.version == before.version + 1 && self.number == 1;
        let beside =
            self.version == before.version && Some(self.number) == before.number.checked_add(1);
        next || beside
    }

    /// Whether it is the first of its object.
    pub fn is_first(self) -> bool {
        self.version <= 1 && self.number == 1
    }

    /// The one before, and with it all that is before it.
    pub fn before(self) -> Self {
        match self.number {
            0 | 1 => {
                let version = self.version.saturating_sub(1);
                Self { version, number: u32::MAX, of: u32::MAX }
            }
            number => Self { number: number - 1, ..self },
        }
    }
}
