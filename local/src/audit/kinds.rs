//! What each kind of object says of itself, whatever its kind. A new kind is a line in [`read`].

use serde_json::Value;
use shared::{
    model::{
        account::Account,
        change_request::ChangeRequest,
        checkout::CheckoutSession,
        coupon::Coupon,
        credit_note::CreditNote,
        custom_field::CustomFieldDefinition,
        customer::Customer,
        dispute::Dispute,
        entity::{Entity, Shown},
        event::Event,
        invoice::Invoice,
        list::List,
        meter::Meter,
        passkey::Passkey,
        payment_intent::PaymentIntent,
        payment_link::PaymentLink,
        payment_method::PaymentMethod,
        portal::PortalSession,
        price::Price,
        processor::{Processor, ProcessorRoute},
        product::Product,
        promotion_code::PromotionCode,
        refund::Refund,
        subscription::Subscription,
        tax_rate::TaxRate,
        token::Token,
        webhook::{Delivery, Lane, WebhookEndpoint},
    },
    store::key::Key,
};

use super::scan::Item;

/// What follows from an object's stored fields.
#[derive(Debug)]
pub(super) struct Derived {
    pub(super) account: String,
    pub(super) id: String,
    pub(super) version: u64,
    /// The lists that it has entered: of each the name, and what it is called in it.
    pub(super) lists: Vec<(String, String)>,
    /// The lists that came after it was stored, which it has not entered yet, and those that are no more.
    pub(super) behind: Vec<String>,
    /// Its key in the due index.
    pub(super) due: Option<String>,
    /// The keys of what lives and dies with it.
    pub(super) companions: Vec<String>,
    /// What a client is shown of it.
    pub(super) shown: Item,
}

/// Reads an object by the prefix of its id.
pub(super) fn read(id: &str, item: Item) -> Result<Derived, String> {
    match id.split('_').next().unwrap_or_default() {
        "acc" => derived::<Account>(item),
        "cf" => derived::<CustomFieldDefinition>(item),
        "cn" => derived::<CreditNote>(item),
        "cpn" => derived::<Coupon>(item),
        "cr" => derived::<ChangeRequest>(item),
        "cs" => derived::<CheckoutSession>(item),
        "cus" => derived::<Customer>(item),
        "dlv" => derived::<Delivery>(item),
        "dp" => derived::<Dispute>(item),
        "evt" => derived::<Event>(item),
        "in" => derived::<Invoice>(item),
        "lane" => derived::<Lane>(item),
        "mtr" => derived::<Meter>(item),
        "pi" => derived::<PaymentIntent>(item),
        "pkey" => derived::<Passkey>(item),
        "plink" => derived::<PaymentLink>(item),
        "pm" => derived::<PaymentMethod>(item),
        "price" => derived::<Price>(item),
        "proc" => derived::<Processor>(item),
        "prod" => derived::<Product>(item),
        "promo" => derived::<PromotionCode>(item),
        "proute" => derived::<ProcessorRoute>(item),
        "ps" => derived::<PortalSession>(item),
        "re" => derived::<Refund>(item),
        "sub" => derived::<Subscription>(item),
        "txr" => derived::<TaxRate>(item),
        "tok" => derived::<Token>(item),
        "we" => derived::<WebhookEndpoint>(item),
        other => Err(format!("the auditor knows no kind of object whose ids begin with {other}")),
    }
}

fn named(list: &List, id: &str) -> (String, String) {
    (list.name().to_owned(), list.member(id))
}

fn behind<E: Entity>(entity: &E) -> Vec<String> {
    let (was, is) = (entity.entered(), entity.lists());
    let differing = is.iter().filter(|list| !was.contains(list));
    let gone = was.iter().filter(|list| !is.contains(list));
    differing.chain(gone).map(|list| list.name().to_owned()).collect()
}

fn derived<E: Entity>(item: Item) -> Result<Derived, String> {
    let entity: E =
        serde_json::from_value(Value::Object(item)).map_err(|error| error.to_string())?;
    let record = entity.record();
    let (account, id) = (&record.account_id, record.id.as_str());
    let companions = entity.companions().map_err(|error| format!("{error:?}"))?;
    // What depends on the time is not the same in an event and now.
    let mut timed = Item::new();
    entity.complete_at(&mut timed, record.updated_at);
    let mut shown = Shown::of(&entity).map_err(|error| format!("{error:?}"))?.object;
    shown.retain(|name, _| !timed.contains_key(name));
    Ok(Derived {
        account: account.to_string(),
        id: id.to_owned(),
        version: record.version,
        lists: entity.entered().iter().map(|list| named(list, id)).collect(),
        behind: behind(&entity),
        due: entity.due_at().map(|at| Key::due(account, at, id).to_string()),
        companions: companions
            .iter()
            .map(|one| Key::companion(account, &one.place).to_string())
            .collect(),
        shown,
    })
}
