//! The rules of coupons and promotion codes.

use super::*;
use crate::model::redemption::Redemption;
use crate::{
    base::{
        id::{AccountId, CustomerId, IdSource, Kind},
        input::{Input, Json, Location},
        time::Clock,
    },
    model::{
        entity::Shown,
        promotion_code::{NewPromotionCode, PromotionCode},
    },
};

const NOW: &str = "2026-01-31T09:30:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn record<K: Kind>() -> Record<K> {
    let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
    let id = crate::base::id::Id::new(account.environment(), at(NOW), &IdSource::new(Clock));
    Record::new(id, account, at(NOW))
}

fn read<T: Input>(body: Value) -> T {
    let mut faults = Faults::default();
    let json = Json::parse(&body.to_string()).unwrap();
    T::read(&json, &Location::body("test"), &mut faults).unwrap_or_else(|| panic!("{faults:?}"))
}

fn coupon(body: Value) -> Coupon {
    Coupon::new(record(), read(body)).unwrap()
}

fn code(body: Value) -> PromotionCode {
    let mut body = body;
    body["coupon_id"] = "cpn_stg_0000000000000002".into();
    PromotionCode::new(record(), read::<NewPromotionCode>(body), Faults::default()).unwrap()
}

fn faults_of<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    let problem = serde_json::to_value(result.unwrap_err().problem("/", "req_1")).unwrap();
    assert_eq!(problem["status"], 422);
    let faults = problem["errors"].as_array().unwrap().iter();
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    faults.map(|fault| format!("{} {}", text(fault, "pointer"), text(fault, "code"))).collect()
}

#[test]
fn a_coupon_has_the_parts_of_its_type_and_no_others() {
    for accepted in [
        json!({"discount_type": "percentage", "percent_off": 100}),
        json!({"discount_type": "fixed_amount", "amount_off_atom": 500, "currency": "usd"}),
        json!({"discount_type": "trial_extension", "trial_extension_days": 14}),
        json!({
            "discount_type": "percentage", "percent_off": 1, "duration": "repeating",
            "duration_in_months": 3,
        }),
    ] {
        coupon(accepted);
    }
    let refused = [
        (json!({"discount_type": "percentage"}), vec!["/percent_off required"]),
        (
            json!({"discount_type": "fixed_amount", "percent_off": 5}),
            vec!["/percent_off not_allowed", "/amount_off_atom required", "/currency required"],
        ),
        (
            json!({
                "discount_type": "trial_extension", "trial_extension_days": 7,
                "currency": "usd", "duration": "forever",
            }),
            vec!["/currency not_allowed", "/duration not_allowed"],
        ),
        (
            json!({"discount_type": "percentage", "percent_off": 5, "duration": "repeating"}),
            vec!["/duration_in_months required"],
        ),
        (
            json!({
                "discount_type": "percentage", "percent_off": 5, "duration_in_months": 2,
                "redeem_by": NOW,
            }),
            vec!["/duration_in_months not_allowed", "/redeem_by not_in_the_future"],
        ),
    ];
    for (body, faults) in refused {
        let new = read::<NewCoupon>(body.clone());
        assert_eq!(faults_of(Coupon::new(record(), new)), faults, "{body}");
    }
}

#[test]
fn a_coupon_reduces_what_its_type_and_currency_say() {
    let percentage = coupon(json!({"discount_type": "percentage", "percent_off": 20}));
    let fixed = coupon(json!({
        "discount_type": "fixed_amount", "amount_off_atom": 500, "currency": "usd",
    }));
    let trial = coupon(json!({"discount_type": "trial_extension", "trial_extension_days": 14}));
    let euro = "eur".parse().unwrap();
    assert_eq!(percentage.reduction(euro), Some(Reduction::Percent(20)));
    assert_eq!(fixed.reduction(Currency::USD), Some(Reduction::Fixed(Atoms::new(500))));
    assert_eq!(fixed.reduction(euro), None);
    assert_eq!((trial.reduction(euro), trial.trial_extension_days()), (None, Some(14)));
    assert_eq!(fixed.trial_extension_days(), None);
}

#[test]
fn a_coupon_lasts_as_long_as_it_says() {
    let lasting = |duration: &str, months: Option<i64>| {
        coupon(json!({
            "discount_type": "percentage", "percent_off": 20, "duration": duration,
            "duration_in_months": months,
        }))
        .lasts()
    };
    assert_eq!(lasting("once", None), Lasts::Once);
    assert_eq!(lasting("repeating", Some(3)), Lasts::Months(3));
    assert_eq!(lasting("forever", None), Lasts::Forever);
}

#[test]
fn a_coupon_is_redeemed_until_it_ends_and_as_often_as_it_may() {
    let end = "2026-02-01T00:00:00Z";
    let once = coupon(json!({
        "discount_type": "percentage", "percent_off": 20, "max_redemptions": 1, "redeem_by": end,
    }));
    let valid = |coupon: &Coupon, now: &str| {
        Shown::at(coupon, at(now)).unwrap().object.get("valid").cloned().unwrap()
    };
    let last = "2026-01-31T23:59:59.999Z";
    assert_eq!((valid(&once, last), valid(&once, end)), (true.into(), false.into()));
    assert_eq!(faults_of(once.redeemed(at(end))), ["/coupon_id expired"]);
    let redeemed = once.redeemed(at(last)).unwrap();
    assert_eq!((redeemed.times_redeemed, valid(&redeemed, last)), (1, false.into()));
    assert_eq!(faults_of(redeemed.redeemed(at(last))), ["/coupon_id used_up"]);
    let ended = once.patched(read(json!({"active": false})), at(NOW)).unwrap();
    assert_eq!(faults_of(ended.redeemed(at(NOW))), ["/coupon_id not_active"]);
    let more = redeemed.patched(read(json!({"max_redemptions": 2})), at(NOW)).unwrap();
    assert_eq!(more.redeemed(at(last)).unwrap().times_redeemed, 2);
}

#[test]
fn a_promotion_code_has_limits_of_its_own() {
    let [own, other]: [CustomerId; 2] =
        ["cus_stg_0000000000000003", "cus_stg_0000000000000004"].map(|id| id.parse().unwrap());
    let end = "2026-02-01T00:00:00Z";
    let theirs = code(json!({
        "code": "LAUNCH-20", "customer_id": own.as_str(), "max_redemptions": 1, "expires_at": end,
    }));
    assert_eq!(faults_of(theirs.redeemed(&other, at(NOW))), ["/promotion_code other_customer"]);
    assert_eq!(theirs.refusal(None, at(NOW)), Some(Refusal::of_another()));
    assert_eq!(faults_of(theirs.redeemed(&own, at(end))), ["/promotion_code expired"]);
    let redeemed = theirs.redeemed(&own, at(NOW)).unwrap();
    assert_eq!(faults_of(redeemed.redeemed(&own, at(NOW))), ["/promotion_code used_up"]);
    let ended = theirs.patched(read(json!({"active": false})), at(NOW)).unwrap();
    assert_eq!(faults_of(ended.redeemed(&own, at(NOW))), ["/promotion_code not_active"]);
    assert!(code(json!({})).redeemed(&other, at(NOW)).is_ok());
}

#[test]
fn a_code_allows_no_more_than_its_coupon() {
    let customer: CustomerId = "cus_stg_0000000000000003".parse().unwrap();
    let once = coupon(json!({
        "discount_type": "percentage", "percent_off": 20, "max_redemptions": 1,
    }));
    let (any, used) = (code(json!({})), once.redeemed(at(NOW)).unwrap());
    let redeemed = |coupon: &Coupon, code: &PromotionCode| {
        Redemption::new(coupon.clone(), Some(code.clone()), Some(&customer), at(NOW))
    };
    let redemption = redeemed(&once, &any).unwrap();
    assert_eq!(redemption.promotion_code().map(PromotionCode::id), Some(any.id()));
    assert_eq!(redemption.coupon().times_redeemed, 0);
    assert_eq!(redeemed(&used, &any).unwrap_err().code, "used_up");
    let other = code(json!({"customer_id": "cus_stg_0000000000000004"}));
    assert_eq!(redeemed(&once, &other).unwrap_err().code, "other_customer");
}

#[test]
fn a_code_that_is_made_up_is_readable_and_a_code_itself() {
    let made: Vec<String> = (0..50).map(|_| code(json!({})).code().as_str().to_owned()).collect();
    for text in &made {
        assert_eq!(code(json!({"code": text})).code().as_str(), text);
        assert!(text.len() == 11 && !text.contains(['0', 'O', '1', 'I']), "{text}");
    }
    assert!(made.iter().collect::<std::collections::BTreeSet<_>>().len() == made.len());
}
