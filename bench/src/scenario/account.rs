//! The account itself, its tokens, custom fields, events and clock; and what is not there.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::CUSTOMER,
};

const FIELD: &[Step] = &[Step::new(
    "field",
    "POST /api/custom-field-definitions",
    r#"{"entity_type": "customer", "key": "given$n", "data_type": "text"}"#,
)];
const TOKEN: &[Step] =
    &[Step::new("token", "POST /api/tokens", r#"{"kind": "secret", "name": "given $n"}"#)];
/// Every change makes one; so does the customer.
const EVENT: &[Step] =
    &[CUSTOMER, Step::new("event", "GET /api/events?limit=1", "").at("/items/0/id")];
const STOPPED: &[Step] =
    &[Step::new("clock", "POST /api/test-clock", r#"{"now": "2029-12-31T00:00:00Z"}"#).at("/now")];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("account-get", "GET /api/account"),
    Scenario::new("currencies-list", "GET /api/currencies?limit=100"),
    Scenario::new("account-update", "PATCH /api/account").body(r#"{"name": "Bench $n"}"#),
    Scenario::new("tokens-create", "POST /api/tokens").body(r#"{"kind": "secret", "name": "$n"}"#),
    Scenario::new("sessions-create", "POST /api/sessions").body("{}"),
    // What answers no challenge: an authenticator is not at hand here.
    Scenario::new("passkeys-create", "POST /api/passkeys")
        .body(r#"{"name": "$n", "client_data": "e30", "authenticator_data": "AAAA"}"#)
        .answers(422)
        .without_aim(),
    Scenario::new("passkeys-challenge", "GET /api/passkeys/new/challenge"),
    Scenario::new("passkeys-list", "GET /api/passkeys?limit=20"),
    // There is none: what it costs to find that out.
    Scenario::new("passkeys-delete", "DELETE /api/passkeys/pkey_prod_0000000000000000")
        .answers(404)
        .without_aim(),
    Scenario::new("tokens-get", "GET /api/tokens/$token").given(One(TOKEN)),
    Scenario::new("tokens-list", "GET /api/tokens?limit=20").given(Many(100, TOKEN)),
    Scenario::new("tokens-revoke", "DELETE /api/tokens/$token").given(Each(TOKEN)),
    Scenario::new("tokens-roll", "POST /api/tokens/$token/roll").body("{}").given(Each(TOKEN)),
    Scenario::new("custom-field-definitions-create", "POST /api/custom-field-definitions")
        .body(r#"{"entity_type": "customer", "key": "k$n", "data_type": "text"}"#)
        .undo("DELETE /api/custom-field-definitions/$id"),
    Scenario::new("custom-field-definitions-delete", "DELETE /api/custom-field-definitions/$field")
        .given(Each(FIELD)),
    Scenario::new("custom-field-definitions-get", "GET /api/custom-field-definitions/$field")
        .given(One(FIELD)),
    Scenario::new("custom-field-definitions-list", "GET /api/custom-field-definitions?limit=20")
        .given(Many(40, FIELD)),
    Scenario::new("custom-field-definitions-update", "PATCH /api/custom-field-definitions/$field")
        .body(r#"{"display_name": "Name $n"}"#)
        .given(One(FIELD)),
    Scenario::new("events-get", "GET /api/events/$event").given(One(EVENT)),
    Scenario::new("events-list", "GET /api/events?limit=20").given(Many(100, &[CUSTOMER])),
    Scenario::new("request-logs-list", "GET /api/request-logs?limit=20"),
    Scenario::new("request-logs-groups", "GET /api/request-logs/groups?limit=20"),
    Scenario::new("test-clock-get", "GET /api/test-clock").in_staging(),
    Scenario::new("test-clock-stop", "POST /api/test-clock")
        .in_staging()
        .body(r#"{"now": "$t"}"#)
        .undo("DELETE /api/test-clock"),
    Scenario::new("test-clock-advance", "POST /api/test-clock/advance")
        .in_staging()
        .body(r#"{"to": "$t"}"#)
        .given(One(STOPPED)),
    Scenario::new("test-clock-release", "DELETE /api/test-clock").in_staging().given(Each(STOPPED)),
    Scenario::new("not-found", "GET /api/nowhere").answers(404),
];
