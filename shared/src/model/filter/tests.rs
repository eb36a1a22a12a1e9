//! The names of the lists of every entity with a filter, to the byte: objects are in stored lists
//! under these names, so a name that changes loses them. And what goes together with what.

use serde_json::{Value as Tree, json};

use super::*;
use crate::{
    base::input::Json,
    model::{
        checkout::{CheckoutSession, CheckoutSessionFilter},
        coupon::{Coupon, CouponFilter},
        credit_note::CreditNote,
        custom_field::CustomFieldDefinition,
        customer::{Customer, CustomerFilter},
        entity::{Representation, decode},
        invoice::{Invoice, InvoiceFilter},
        payment_intent::{PaymentIntent, PaymentIntentFilter},
        payment_method::PaymentMethod,
        price::{Price, PriceFilter},
        product::{Product, ProductFilter},
        promotion_code::{PromotionCode, PromotionCodeFilter},
        record::Entered,
        refund::{Refund, RefundFilter},
        subscription::{Subscription, SubscriptionFilter},
        webhook::{Delivery, DeliveryFilter},
    },
};

const CUSTOMER: &str = "customer_id=cus%5Fprod%5F0mkz6k3cx9y8z7w6";

/// The lists of the object that the documentation shows, with `hidden` fields.
fn lists<E: Entity>(hidden: Tree) -> Vec<String> {
    let (Tree::Object(mut object), Tree::Object(hidden)) = (E::example(), hidden) else {
        panic!("two objects")
    };
    object.extend(hidden);
    let entity: E = decode(object).unwrap();
    let all = entity.lists();
    let mut names: Vec<_> = all.iter().map(named_with_place).collect();
    names.sort();
    for list in &all {
        let Some((whole, filter)) = list.subset_of() else { continue };
        assert!(all.contains(&whole), "{list:?} is kept with {whole:?}, which it must be part of");
        assert!(whole.subset_of().is_none() && !list.is_of(E::LATER), "{list:?}");
        assert_eq!(whole.subset(filter), *list);
    }
    let first = BASE.iter().find(|(resource, _)| *resource == E::RESOURCE);
    let first = first.map_or(&[][..], |(_, fields)| fields);
    let is_first =
        |list: &List| list.is_of(first) || !list.name().contains('?') || list.name().contains('/');
    let other = entity.lists().into_iter().find(|list| !list.is_of(E::LATER) && !is_first(list));
    assert_eq!(
        other, None,
        "a filter that comes when there are objects already is one of `Entity::LATER`, with its \
         backfill: docs/guides/adding-an-endpoint.md#a-filter"
    );
    names
}

/// The filters that were there before it was noted which of their lists an object has entered. Nothing is
/// ever added here.
const BASE: &[(&str, &[&str])] = &[
    ("products", &["active", "external_id"]),
    ("coupons", &["active"]),
    ("prices", &["product_id", "active", "external_id", "lookup_key"]),
    ("promotion-codes", &["coupon_id", "code", "active"]),
    ("customers", &["email", "external_id"]),
    ("credit-notes", &["customer_id"]),
    ("subscriptions", &["customer_id", "state", "external_id"]),
    ("checkout-sessions", &["customer_id", "state"]),
    ("invoices", &["customer_id", "state", "subscription_id", "external_id"]),
    ("payment-intents", &["customer_id", "invoice_id", "state"]),
    ("refunds", &["customer_id", "invoice_id", "payment_intent_id", "state"]),
];

/// A list's name, and where in it the object is, where it is sorted by something.
fn named_with_place(list: &List) -> String {
    match list.member("").strip_suffix('!') {
        Some(place) => format!("{}/{place}", list.name()),
        None => list.name().to_owned(),
    }
}

/// `resource` alone and with each of `queries`.
fn named(resource: &str, queries: &[&str]) -> Vec<String> {
    let filtered = queries.iter().map(|query| format!("{resource}?{query}"));
    let mut names: Vec<_> = [resource.to_owned()].into_iter().chain(filtered).collect();
    names.sort();
    names
}

/// What a query asks for: the list's name, or the parameter that is refused and why.
fn asked<F: Filter>(query: Tree) -> Result<String, String> {
    let Tree::Object(fields) = query else { panic!("an object") };
    let param = |value: Tree| Json::Param(value.as_str().unwrap().to_owned());
    let fields = fields.into_iter().map(|(name, value)| (name, param(value))).collect();
    let mut faults = Faults::default();
    let filter = F::read(&Json::Object(fields), &Location::query(), &mut faults);
    let filter = filter.unwrap_or_else(|| panic!("{faults:?}"));
    filter.check().map_err(|(name, hint)| format!("{name} {hint}"))?;
    Ok(filter.list().name().to_owned())
}

#[test]
fn what_is_for_sale_is_in_these_lists() {
    assert_eq!(lists::<Product>(json!({})), named("products", &["active=true"]));
    assert_eq!(lists::<Coupon>(json!({})), named("coupons", &["active=true"]));
    let product = "product_id=prod%5Fprod%5F0mkz6k3cp5q6r7s8";
    let queries = ["active=true", product, &format!("{product}&active=true")];
    let shown = json!({"product_id": "prod_prod_0mkz6k3cp5q6r7s8"});
    assert_eq!(lists::<Price>(shown), named("prices", &queries));
    let (coupon, code) = ("coupon_id=cpn%5Fprod%5F0mkz6k3cc1o2u3p4", "code=launch%2D20");
    let queries = [
        "active=true",
        coupon,
        code,
        &format!("{coupon}&{code}"),
        &format!("{coupon}&active=true"),
        &format!("{code}&active=true"),
        &format!("{coupon}&{code}&active=true"),
    ];
    assert_eq!(lists::<PromotionCode>(json!({})), named("promotion-codes", &queries));
}

#[test]
fn customers_and_what_they_hold_are_in_these_lists() {
    let held = json!({
        "email": "jane@example.com",
        "custom_fields": {"cf_prod_0mkz6k3cf1i2e3l4": {"option": "gold"}},
    });
    let queries = [
        "email=jane%40example%2Ecom",
        "search=ex/eexample-com",
        "search=ja/ejane-example-com",
        "search=ja/ejane-smith",
        "search=ja/pjane-.2",
        "search=sm/esmith",
    ];
    let mut expected = named("customers", &queries);
    expected.insert(0, "custom-field-values/cf_prod_0mkz6k3cf1i2e3l4?option=gold".to_owned());
    assert_eq!(lists::<Customer>(held), expected);
    let whose = json!({"customer_id": "cus_prod_0mkz6k3cx9y8z7w6"});
    assert_eq!(lists::<CreditNote>(whose), [format!("credit-notes?{CUSTOMER}")]);
    let fields = lists::<CustomFieldDefinition>(json!({"slot": 0}));
    assert_eq!(fields, ["custom-field-definitions"]);
}

#[test]
fn what_has_a_state_is_in_these_lists() {
    let whose = |state: &str| json!({"customer_id": "cus_prod_0mkz6k3cx9y8z7w6", "state": state});
    let with = |state: &str| {
        let state = format!("state={state}");
        [state.clone(), CUSTOMER.to_owned(), format!("{CUSTOMER}&{state}")]
    };
    let of = |resource, queries: &[String]| {
        named(resource, &queries.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut subscription = whose("past_due");
    subscription["ledger"] =
        json!({"zone": "UTC", "period": 0, "billed_period": 0, "planned": null});
    assert_eq!(lists::<Subscription>(subscription), of("subscriptions", &with("past%5Fdue")));
    let mut session = whose("open");
    session["subscription_fields"] = json!({});
    session["custom_fields"] = json!({});
    assert_eq!(lists::<CheckoutSession>(session.clone()), of("checkout-sessions", &with("open")));
    session["customer_id"] = Tree::Null;
    assert_eq!(lists::<CheckoutSession>(session), named("checkout-sessions", &["state=open"]));
    let mut invoice = whose("paid");
    invoice["subscription_id"] = "sub_prod_0mkz6k3cm3n4o5p6".into();
    let subscription = "subscription_id=sub%5Fprod%5F0mkz6k3cm3n4o5p6".to_owned();
    let number = "number=INV%2D0001".to_owned();
    let queries = [with("paid").as_slice(), &[subscription, number]].concat();
    assert_eq!(lists::<Invoice>(invoice.clone()), of("invoices", &queries));
    invoice["due_date"] = "2026-01-31T09:30:00.000Z".into();
    let place = "due_date/0000001769851800000";
    let due = [place.to_owned(), format!("state=paid&{place}")];
    let queries = [queries.as_slice(), &due].concat();
    assert_eq!(lists::<Invoice>(invoice), of("invoices", &queries));
}

/// One that is on its way or was received is in no list of a state, which it would pay for.
#[test]
fn deliveries_are_in_these_lists() {
    let own =
        ["endpoint_id=we%5Fprod%5F0mkz6k3cw1e2b3h4", "event_id=evt%5Fprod%5F0mkz6k3ce1v2e3n4"];
    for state in ["pending", "succeeded", "failed", "skipped"] {
        let delivery: Delivery = {
            let Tree::Object(mut shown) = Delivery::example() else { panic!("an object") };
            shown.insert("state".to_owned(), state.into());
            decode(shown).unwrap()
        };
        let names: Vec<_> = delivery.lists().iter().map(|list| list.name().to_owned()).collect();
        let mut expected: Vec<_> = own.iter().map(|own| format!("deliveries?{own}")).collect();
        if ["failed", "skipped"].contains(&state) {
            expected.extend(own.iter().map(|own| format!("deliveries?{own}&state={state}")));
        }
        assert_eq!(names, expected);
        // One that was stored before there were these lists has entered none of them.
        let mut old = delivery.clone();
        old.record_mut().entered = Entered::Noted(String::new());
        let entered: Vec<_> = old.entered().iter().map(|list| list.name().to_owned()).collect();
        assert_eq!(entered, expected[..2]);
    }
    assert_eq!(
        asked::<DeliveryFilter>(json!({"state": "failed"})).unwrap(),
        "deliveries?state=failed"
    );
    let refused = asked::<DeliveryFilter>(json!({"state": "failed", "status": "skipped"}));
    assert_eq!(refused.unwrap_err(), "status is another than state; send one of the two");
}

#[test]
fn payments_and_refunds_are_in_these_lists() {
    let invoice = "invoice_id=in%5Fprod%5F0mkz6k3cq1r2s3t4";
    let queries = [
        CUSTOMER,
        invoice,
        "state=succeeded",
        &format!("{CUSTOMER}&state=succeeded"),
        &format!("{invoice}&state=succeeded"),
    ];
    let mut shown = json!({
        "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
        "invoice_id": "in_prod_0mkz6k3cq1r2s3t4",
        "state": "succeeded",
        "idempotency_key": "a:b:1",
    });
    let of_payments = [queries.as_slice(), &["amount_atom/0000000000000003252"]].concat();
    assert_eq!(lists::<PaymentIntent>(shown.clone()), named("payment-intents", &of_payments));
    shown["payment_intent_id"] = "pi_prod_0mkz6k3cp1i2n3t4".into();
    shown["ask_at"] = "2026-01-31T09:30:00.000Z".into();
    shown["asked"] = 1.into();
    let payment = "payment_intent_id=pi%5Fprod%5F0mkz6k3cp1i2n3t4";
    let of_payment = format!("{payment}&state=succeeded");
    let queries = [queries.as_slice(), &[payment, &of_payment]].concat();
    assert_eq!(lists::<Refund>(shown), named("refunds", &queries));
}

#[test]
fn a_list_is_asked_for_by_the_name_it_is_kept_under() {
    let customer = || "cus_prod_0mkz6k3cx9y8z7w6";
    let query = json!({"state": "paid", "customer_id": customer()});
    assert_eq!(asked::<InvoiceFilter>(query).unwrap(), format!("invoices?{CUSTOMER}&state=paid"));
    let query = json!({"status": "succeeded", "invoice_id": "in_prod_0mkz6k3cq1r2s3t4"});
    let list = "payment-intents?invoice_id=in%5Fprod%5F0mkz6k3cq1r2s3t4&state=succeeded";
    assert_eq!(asked::<PaymentIntentFilter>(query).unwrap(), list);
    let query = json!({"payment_intent_id": "pi_prod_0mkz6k3cp1i2n3t4"});
    let list = "refunds?payment_intent_id=pi%5Fprod%5F0mkz6k3cp1i2n3t4";
    assert_eq!(asked::<RefundFilter>(query).unwrap(), list);
    let query = json!({"active": "false", "code": "LAUNCH-20"});
    let list = "promotion-codes?code=launch%2D20&active=false";
    assert_eq!(asked::<PromotionCodeFilter>(query).unwrap(), list);
    assert_eq!(asked::<CustomerFilter>(json!({})).unwrap(), "customers");
    let email = json!({"email": "jane@example.com"});
    assert_eq!(asked::<CustomerFilter>(email).unwrap(), "customers?email=jane%40example%2Ecom");
    assert_eq!(asked::<PriceFilter>(json!({"active": "true"})).unwrap(), "prices?active=true");
    assert_eq!(asked::<ProductFilter>(json!({"active": "true"})).unwrap(), "products?active=true");
    assert_eq!(asked::<CouponFilter>(json!({"active": "true"})).unwrap(), "coupons?active=true");
    assert_eq!(asked::<Unfiltered<PaymentMethod>>(json!({})).unwrap(), "payment-methods");
}

fn state_and_status<F: Filter>(state: &str, other: &str) {
    let list = format!("{}?state={state}", F::Entity::RESOURCE);
    for query in [
        json!({"state": state}),
        json!({"status": state}),
        json!({"state": state, "status": state}),
    ] {
        assert_eq!(asked::<F>(query).unwrap(), list);
    }
    let refused = asked::<F>(json!({"state": state, "status": other})).unwrap_err();
    assert_eq!(refused, "status is another than state; send one of the two");
}

#[test]
fn status_is_another_name_of_state_everywhere() {
    state_and_status::<InvoiceFilter>("paid", "open");
    state_and_status::<PaymentIntentFilter>("succeeded", "failed");
    state_and_status::<RefundFilter>("pending", "failed");
    state_and_status::<SubscriptionFilter>("active", "paused");
    state_and_status::<CheckoutSessionFilter>("open", "expired");
}

#[test]
fn fields_of_no_common_group_exclude_each_other() {
    let customer = "cus_prod_0mkz6k3cx9y8z7w6";
    let invoice = "in_prod_0mkz6k3cq1r2s3t4";
    let query = json!({"customer_id": customer, "invoice_id": invoice, "status": "failed"});
    let refused = asked::<PaymentIntentFilter>(query).unwrap_err();
    let because = "cannot be combined with customer_id: give one of them";
    assert_eq!(refused, format!("invoice_id {because}"));
    let subscription = "sub_prod_0mkz6k3cm3n4o5p6";
    let query = json!({"customer_id": customer, "subscription_id": subscription, "state": "paid"});
    let refused = asked::<InvoiceFilter>(query).unwrap_err();
    let because = "cannot be combined with customer_id and state: give one of them";
    assert_eq!(refused, format!("subscription_id {because}"));
    // Each pair goes together, and not all three.
    let group = |names: [&'static str; 2]| names.map(|name| (name, Some(String::new()))).to_vec();
    let groups = [group(["a", "b"]), group(["b", "c"]), group(["c", "a"])];
    let because = "cannot be combined with a and b: give one of them";
    assert_eq!(excluded(&groups), Err(("c", because.to_owned())));
}

/// The objects of a program that knew of no later filter, and of one that knew of another.
#[test]
fn an_object_has_entered_what_is_noted_on_it() {
    let stored = |noted: Option<&str>| -> Customer {
        let Tree::Object(mut object) = <Customer as Representation>::example() else {
            panic!("an object")
        };
        object.extend(noted.map(|noted| ("entered".to_owned(), noted.into())));
        decode(object).unwrap()
    };
    let names = |lists: Vec<List>| {
        let mut names: Vec<String> = lists.iter().map(named_with_place).collect();
        names.sort();
        names
    };
    let ever = names(stored(None).entered());
    assert!(ever.iter().all(|name| !name.contains("search")), "{ever:?}");
    assert_eq!(ever.len(), 2, "{ever:?}");
    // What it was called then, whatever it would be called now.
    let noted = names(stored(Some("search=ol!eold-name color=red")).entered());
    let expected = ["customers?color=red", "customers?search=ol/eold-name"];
    assert_eq!(noted.len(), 4);
    assert!(expected.iter().all(|name| noted.contains(&(*name).to_owned())), "{noted:?}");
    // One that is just written has entered all that it says.
    let mut fresh = stored(None);
    *fresh.record_mut() = fresh.record().after_change(fresh.record().updated_at);
    assert_eq!(names(fresh.entered()), names(fresh.lists()));
}
