//! What is true of every reader of what a client sends, whatever it sends; one function per target of
//! `make fuzz`, which panics where it is not true.
//!
//! Each is more than "does not panic". What was read is written and read again; what serde_json, a
//! float, or arithmetic without bounds says about the same input is compared with what we say; and a
//! refusal says where. The inputs that are kept in `corpus/` are those that reach different code.

mod body;
mod credentials;
mod ids;
mod instants;
mod numbers;
mod periods;
mod prices;
mod query;
mod shares;

pub use body::body;
pub use credentials::credentials;
pub use ids::ids;
pub use instants::instants;
pub use numbers::numbers;
pub use periods::{Times, periods};
pub use prices::{Order, prices};
pub use query::query;
pub use shares::{Lines, shares};

use shared::base::input::{Fault, Faults, Input, Json, Location};

/// Reads `json` as the body of a request, and holds the faults to what faults are.
fn read<T: Input>(json: &Json) -> (Option<T>, Vec<Fault>) {
    let mut faults = Faults::default();
    let read = T::read(json, &Location::body("thing"), &mut faults);
    assert!(read.is_some() || !faults.is_empty(), "refused without a fault");
    // What nobody asked for is beside what was.
    let beside = |fault: &Fault| fault.code == "unknown_field";
    assert!(read.is_none() || faults.iter().all(beside), "read in spite of {faults:?}");
    let mut again = Faults::default();
    T::read(json, &Location::body("thing"), &mut again);
    assert_eq!(format!("{faults:?}"), format!("{again:?}"), "read twice");
    assert_eq!(faults.iter().count().min(100), faults.count().min(100), "faults untold");
    let faults: Vec<Fault> = faults.iter().cloned().collect();
    for fault in &faults {
        assert!(!fault.code.is_empty() && !fault.detail.is_empty(), "{fault:?}");
    }
    (read, faults)
}
