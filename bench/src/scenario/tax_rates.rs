//! Tax rates.

use super::{
    Given::{Many, One},
    Scenario, Step,
};

const RATE: Step = Step::new(
    "rate",
    "POST /api/tax-rates",
    r#"{"display_name": "VAT", "percentage": "19", "inclusive": false, "country": "DE"}"#,
);

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("tax-rates-create", "POST /api/tax-rates")
        .body(r#"{"display_name": "VAT $n", "percentage": "8.1", "inclusive": true}"#),
    Scenario::new("tax-rates-get", "GET /api/tax-rates/$rate").given(One(&[RATE])),
    Scenario::new("tax-rates-list", "GET /api/tax-rates?limit=20").given(Many(100, &[RATE])),
    Scenario::new("tax-rates-update", "PATCH /api/tax-rates/$rate")
        .body(r#"{"display_name": "VAT $n"}"#)
        .given(One(&[RATE])),
];
