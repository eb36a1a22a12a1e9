//! What requests cost at DynamoDB, counted at the wire, and what each call was for.

use crate::report::{number, rounded};
use local::wire::Call;
use serde_json::{Value, json};

/// Calls to DynamoDB and the capacity units they consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) calls: f64,
    pub(crate) units: f64,
}

/// The calls of some requests, by what they were for.
///
/// Units are read and write units together, as the database in this process counts them; it was
/// compared with DynamoDB's published rules, not with DynamoDB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cost {
    /// What the operation itself takes.
    pub(crate) data: Tally,
    /// Taking requests from the token's rate limit, for up to a second.
    pub(crate) lease: Tally,
    /// Looking the token up; what was found is kept for 30 seconds.
    pub(crate) token: Tally,
    /// Opening the connection before the first request: a read of nothing.
    pub(crate) connect: Tally,
}

impl Tally {
    fn add(&mut self, call: &Call) {
        self.calls += 1.0;
        self.units += call.capacity_units();
    }

    fn plus(self, other: Self) -> Self {
        Self { calls: self.calls + other.calls, units: self.units + other.units }
    }

    fn json(self) -> Value {
        json!({ "round_trips": rounded(self.calls), "units": rounded(self.units) })
    }
}

impl Cost {
    /// What `calls` cost.
    pub(crate) fn of<'a>(calls: impl IntoIterator<Item = &'a Call>) -> Self {
        let mut cost = Self::default();
        for call in calls {
            let key = call.keys().next().unwrap_or_default();
            let tally = match call.action.as_str() {
                "GetItem" if key == "TOK#" => &mut cost.connect,
                "GetItem" if key.starts_with("TOK#") => &mut cost.token,
                "UpdateItem" if key.starts_with("RATE#") => &mut cost.lease,
                _ => &mut cost.data,
            };
            tally.add(call);
        }
        cost
    }

    /// The cost of one of `requests`.
    pub(crate) fn per_request(self, requests: usize) -> Self {
        let share = |tally: Tally| Tally {
            calls: tally.calls / number(requests),
            units: tally.units / number(requests),
        };
        Self {
            data: share(self.data),
            lease: share(self.lease),
            token: share(self.token),
            connect: share(self.connect),
        }
    }

    /// What a request waits for whose token is known.
    pub(crate) fn with_lease(&self) -> Tally {
        self.data.plus(self.lease)
    }

    /// All that a request waits for: not the connection.
    pub(crate) fn with_lease_and_token(&self) -> Tally {
        self.with_lease().plus(self.token)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "data": self.data.json(),
            "lease": self.lease.json(),
            "token": self.token.json(),
            "connect": self.connect.json(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use local::wire::Touch;

    fn call(action: &str, partition_key: &str) -> Call {
        Call {
            action: action.to_owned(),
            read_units: 1.0,
            touches: vec![Touch {
                permission: String::new(),
                table: String::new(),
                partition_key: partition_key.to_owned(),
                sort_key: None,
            }],
            ..Call::default()
        }
    }

    #[test]
    fn a_call_is_counted_by_what_it_is_for() {
        let calls = [
            call("GetItem", "TOK#"),
            call("GetItem", "TOK#ab12"),
            call("UpdateItem", "RATE#tok_1#read"),
            call("GetItem", "acc_1#cus_1"),
            call("BatchGetItem", "RATE#tok_1#read"),
        ];
        let cost = Cost::of(&calls);
        let counts = [cost.connect, cost.token, cost.lease, cost.data].map(|tally| tally.calls);
        assert_eq!(counts, [1.0, 1.0, 1.0, 2.0]);
        assert_eq!(cost.with_lease_and_token(), Tally { calls: 4.0, units: 4.0 });
        assert_eq!(cost.per_request(2).data, Tally { calls: 1.0, units: 1.0 });
    }
}
