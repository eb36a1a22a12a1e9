//! The requests that make what scenarios need, each once.

/// One of the requests that make what a scenario needs; it may name what was made before it.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// What its id is called in the requests after it.
    pub(super) name: &'static str,
    pub(super) ask: &'static str,
    pub(super) body: &'static str,
    /// Where in the answer the id is, as a JSON pointer.
    pub(super) id: &'static str,
}

impl Step {
    pub(super) const fn new(name: &'static str, ask: &'static str, body: &'static str) -> Self {
        Self { name, ask, body, id: "/id" }
    }

    pub(super) const fn at(self, id: &'static str) -> Self {
        Self { id, ..self }
    }
}

pub(super) const CUSTOMER: Step = Step::new(
    "customer",
    "POST /api/customers",
    r#"{"email": "given$n@example.com", "name": "Jane Smith"}"#,
);
pub(super) const PROCESSOR: Step =
    Step::new("processor", "POST /api/processors", r#"{"name": "Cards $n", "type": "test"}"#);
pub(super) const DEFAULT_PROCESSOR: Step =
    Step::new("account", "PATCH /api/account", r#"{"default_processor_id": "$processor"}"#);
pub(super) const CARD: Step = Step::new(
    "card",
    "POST /api/customers/$customer/payment-methods",
    r#"{"token": "test_success"}"#,
);
pub(super) const PRODUCT: Step =
    Step::new("product", "POST /api/products", r#"{"name": "Plan $n"}"#);
pub(super) const PRICE: Step = Step::new(
    "price",
    "POST /api/prices",
    r#"{"product_id": "$product", "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "month"}"#,
);
pub(super) const DEARER: Step = Step::new(
    "dearer",
    "POST /api/prices",
    r#"{"product_id": "$product", "currency": "usd", "unit_amount_atom": 2000,
        "billing_interval": "month"}"#,
);
pub(super) const COUPON: Step = Step::new(
    "coupon",
    "POST /api/coupons",
    r#"{"discount_type": "percentage", "percent_off": 20}"#,
);
/// The customer's card is charged for it.
pub(super) const SUBSCRIPTION: Step = Step::new(
    "subscription",
    "POST /api/subscriptions",
    r#"{"customer_id": "$customer", "items": [{"price_id": "$price"}]}"#,
);
pub(super) const DRAFT: Step = Step::new(
    "invoice",
    "POST /api/invoices",
    r#"{"customer_id": "$customer", "currency": "usd",
        "items": [{"name": "Consulting", "amount_atom": 1000}]}"#,
);
/// A draft that waits for the customer to pay it.
pub(super) const DRAFT_TO_SEND: Step = Step::new(
    "invoice",
    "POST /api/invoices",
    r#"{"customer_id": "$customer", "currency": "usd", "collection_method": "send_invoice",
        "items": [{"name": "Consulting", "amount_atom": 1000}]}"#,
);
/// What an electronic invoice needs of who sells.
pub(super) const KNOWN_SELLER: Step = Step::new(
    "account",
    "PATCH /api/account",
    r#"{"address": {"country": "DE"}, "tax_ids": [{"type": "eu_vat", "value": "DE136695976"}]}"#,
);
/// What an electronic invoice needs of who is billed.
pub(super) const KNOWN_BUYER: Step = Step::new(
    "customer",
    "PATCH /api/customers/$customer",
    r#"{"address": {"country": "AT"}, "tax_ids": [{"type": "eu_vat", "value": "ATU13585627"}]}"#,
);
pub(super) const FINALIZED: Step = Step::new("final", "POST /api/invoices/$invoice/finalize", "{}");
/// The invoice is charged when it is final; the id is the payment's.
pub(super) const PAID: Step =
    Step::new("payment", "POST /api/invoices/$invoice/finalize", "{}").at("/payment_intent_id");

/// A customer who can be charged.
pub(super) const PAYER: &[Step] = &[PROCESSOR, DEFAULT_PROCESSOR, CUSTOMER, CARD];
/// The same, and what is sold.
pub(super) const SHOP: &[Step] =
    &[PROCESSOR, DEFAULT_PROCESSOR, PRODUCT, PRICE, DEARER, CUSTOMER, CARD];
