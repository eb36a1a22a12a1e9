//! One line per operation, in the order of `template.yaml`.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
};

const CUSTOMER: &[Step] = &[Step::new(
    "POST /api/customers",
    r#"{"email": "given$n@example.com", "name": "Jane Smith"}"#,
)];
const FIELD: &[Step] = &[Step::new(
    "POST /api/custom-field-definitions",
    r#"{"entity_type": "customer", "key": "given$n", "data_type": "text"}"#,
)];
const TOKEN: &[Step] =
    &[Step::new("POST /api/tokens", r#"{"kind": "secret", "name": "given $n"}"#)];
/// Every change makes one; so does the customer.
const EVENT: &[Step] = &[
    Step::new("POST /api/customers", r#"{"email": "given$n@example.com"}"#),
    Step::new("GET /api/events?limit=1", "").at("/items/0/id"),
];

/// Every scenario.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario::new("account-get", "GET /api/account"),
    Scenario::new("account-update", "PATCH /api/account").body(r#"{"name": "Bench $n"}"#),
    Scenario::new("tokens-create", "POST /api/tokens").body(r#"{"kind": "secret", "name": "$n"}"#),
    Scenario::new("tokens-get", "GET /api/tokens/$id").given(One(TOKEN)),
    Scenario::new("tokens-list", "GET /api/tokens?limit=20").given(Many(100, TOKEN)),
    Scenario::new("tokens-revoke", "DELETE /api/tokens/$id").given(Each(TOKEN)),
    Scenario::new("tokens-roll", "POST /api/tokens/$id/roll").body("{}").given(Each(TOKEN)),
    Scenario::new("custom-field-definitions-create", "POST /api/custom-field-definitions")
        .body(r#"{"entity_type": "customer", "key": "k$n", "data_type": "text"}"#)
        .undo("DELETE /api/custom-field-definitions/$id"),
    Scenario::new("custom-field-definitions-delete", "DELETE /api/custom-field-definitions/$id")
        .given(Each(FIELD)),
    Scenario::new("custom-field-definitions-get", "GET /api/custom-field-definitions/$id")
        .given(One(FIELD)),
    Scenario::new("custom-field-definitions-list", "GET /api/custom-field-definitions?limit=20")
        .given(Many(40, FIELD)),
    Scenario::new("custom-field-definitions-update", "PATCH /api/custom-field-definitions/$id")
        .body(r#"{"display_name": "Name $n"}"#)
        .given(One(FIELD)),
    Scenario::new("customers-create", "POST /api/customers")
        .body(r#"{"email": "c$n@example.com", "name": "Jane Smith"}"#),
    Scenario::new("customers-create", "POST /api/customers")
        .body(r#"{"email": "k$n@example.com", "name": "Jane Smith"}"#)
        .with_key(),
    Scenario::new("customers-delete", "DELETE /api/customers/$id").given(Each(CUSTOMER)),
    Scenario::new("customers-get", "GET /api/customers/$id").given(One(CUSTOMER)),
    Scenario::new("customers-list", "GET /api/customers?limit=20").given(Many(100, CUSTOMER)),
    Scenario::new("customers-update", "PATCH /api/customers/$id")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(CUSTOMER)),
    Scenario::new("events-get", "GET /api/events/$id").given(One(EVENT)),
    Scenario::new("events-list", "GET /api/events?limit=20").given(Many(100, CUSTOMER)),
    Scenario::new("not-found", "GET /api/nowhere").answers(404),
];
