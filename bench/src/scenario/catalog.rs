//! What is sold and what is taken off: products, prices, coupons, promotion codes.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::{COUPON, PRICE, PRODUCT},
};

const CODE: Step = Step::new(
    "code",
    "POST /api/promotion-codes",
    r#"{"coupon_id": "$coupon", "code": "GIVEN$n"}"#,
);

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("products-create", "POST /api/products").body(r#"{"name": "Plan $n"}"#),
    Scenario::new("products-delete", "DELETE /api/products/$product").given(Each(&[PRODUCT])),
    Scenario::new("products-get", "GET /api/products/$product").given(One(&[PRODUCT])),
    Scenario::new("products-list", "GET /api/products?limit=20").given(Many(100, &[PRODUCT])),
    Scenario::new("products-update", "PATCH /api/products/$product")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(&[PRODUCT])),
    Scenario::new("prices-create", "POST /api/prices")
        .body(PRICE.body)
        .given(One(&[PRODUCT]))
        .reads_what_it_names(),
    Scenario::new("prices-get", "GET /api/prices/$price").given(One(&[PRODUCT, PRICE])),
    Scenario::new("prices-list", "GET /api/prices?limit=20")
        .after(&[PRODUCT])
        .given(Many(100, &[PRICE])),
    Scenario::new("prices-update", "PATCH /api/prices/$price")
        .body(r#"{"metadata": {"a": "$n"}}"#)
        .given(One(&[PRODUCT, PRICE])),
    Scenario::new("coupons-create", "POST /api/coupons").body(COUPON.body),
    Scenario::new("coupons-delete", "DELETE /api/coupons/$coupon").given(Each(&[COUPON])),
    Scenario::new("coupons-get", "GET /api/coupons/$coupon").given(One(&[COUPON])),
    Scenario::new("coupons-list", "GET /api/coupons?limit=20").given(Many(100, &[COUPON])),
    Scenario::new("coupons-update", "PATCH /api/coupons/$coupon")
        .body(r#"{"metadata": {"a": "$n"}}"#)
        .given(One(&[COUPON])),
    Scenario::new("promotion-codes-create", "POST /api/promotion-codes")
        .body(r#"{"coupon_id": "$coupon", "code": "CODE$n"}"#)
        .given(One(&[COUPON]))
        .reads_what_it_names(),
    Scenario::new("promotion-codes-delete", "DELETE /api/promotion-codes/$code")
        .after(&[COUPON])
        .given(Each(&[CODE])),
    Scenario::new("promotion-codes-get", "GET /api/promotion-codes/$code")
        .given(One(&[COUPON, CODE])),
    Scenario::new("promotion-codes-list", "GET /api/promotion-codes?limit=20")
        .after(&[COUPON])
        .given(Many(100, &[CODE])),
    Scenario::new("promotion-codes-update", "PATCH /api/promotion-codes/$code")
        .body(r#"{"metadata": {"a": "$n"}}"#)
        .given(One(&[COUPON, CODE])),
];
