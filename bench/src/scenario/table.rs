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
const PROCESSOR: &[Step] =
    &[Step::new("POST /api/processors", r#"{"name": "Cards $n", "type": "test"}"#)];
const ROUTE: &[Step] = &[
    Step::new("POST /api/processors", r#"{"name": "Cards $n", "type": "test"}"#),
    Step::new("POST /api/processor-routes", r#"{"name": "Route $n", "processor_ids": ["$1"]}"#),
];
/// A customer of an account that has a processor, and one payment method.
const PAYER: &[Step] = &[
    Step::new("POST /api/processors", r#"{"name": "Cards $n", "type": "test"}"#),
    Step::new("PATCH /api/account", r#"{"default_processor_id": "$1"}"#),
    Step::new("POST /api/customers", r#"{"email": "payer$n@example.com"}"#),
    Step::new("POST /api/customers/$3/payment-methods", r#"{"token": "test_success"}"#)
        .at("/customer_id"),
];
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
    Scenario::new("processors-create", "POST /api/processors")
        .body(r#"{"name": "Cards $n", "type": "test"}"#),
    Scenario::new("processors-get", "GET /api/processors/$id").given(One(PROCESSOR)),
    Scenario::new("processors-list", "GET /api/processors?limit=20").given(Many(100, PROCESSOR)),
    Scenario::new("processors-update", "PATCH /api/processors/$id")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(PROCESSOR)),
    Scenario::new("processors-delete", "DELETE /api/processors/$id").given(Each(PROCESSOR)),
    Scenario::new("processor-routes-create", "POST /api/processor-routes")
        .body(r#"{"name": "Route $n", "processor_ids": ["$id"]}"#)
        .given(One(PROCESSOR)),
    Scenario::new("processor-routes-get", "GET /api/processor-routes/$id").given(One(ROUTE)),
    Scenario::new("processor-routes-list", "GET /api/processor-routes?limit=20")
        .given(Many(100, ROUTE)),
    Scenario::new("processor-routes-update", "PATCH /api/processor-routes/$id")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(ROUTE)),
    Scenario::new("processor-routes-delete", "DELETE /api/processor-routes/$id").given(Each(ROUTE)),
    Scenario::new("payment-methods-create", "POST /api/customers/$id/payment-methods")
        .body(r#"{"token": "test_success"}"#)
        .given(Each(PAYER)),
    Scenario::new("payment-methods-list", "GET /api/customers/$id/payment-methods?limit=20")
        .given(One(PAYER)),
    Scenario::new("events-get", "GET /api/events/$id").given(One(EVENT)),
    Scenario::new("events-list", "GET /api/events?limit=20").given(Many(100, CUSTOMER)),
    Scenario::new("not-found", "GET /api/nowhere").answers(404),
];
