//! Ids of every kind.

use shared::base::id::{Id, Kind, NotAnId, kind};

/// A text, as an id of each kind: it is one of at most one kind.
pub fn ids(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    macro_rules! kinds {
        ($($kind:ident),* $(,)?) => { [$(id::<kind::$kind>(text)),*] };
    }
    let kinds = kinds![
        Account,
        CustomField,
        CreditNote,
        Coupon,
        CheckoutSession,
        Customer,
        Discount,
        Dispute,
        Event,
        InvoiceItem,
        Invoice,
        Meter,
        PaymentIntent,
        PaymentMethod,
        Price,
        Processor,
        Product,
        PromotionCode,
        ProcessorRoute,
        Refund,
        SubscriptionItem,
        Subscription,
        TaxRate,
        Token,
    ];
    assert!(kinds.into_iter().map(usize::from).sum::<usize>() <= 1, "{text} is of two kinds");
}

/// Whether it is one; then it is written as it was read, and has in it what its kind says.
fn id<K: Kind>(text: &str) -> bool {
    let id = match text.parse::<Id<K>>() {
        Ok(id) => id,
        Err(NotAnId) => return false,
    };
    assert_eq!((id.to_string().as_str(), id.as_str()), (text, text));
    let rest = text.strip_prefix(&format!("{}_{}_", K::PREFIX, id.environment()));
    assert_eq!(rest.map(str::len), Some(16), "{text}");
    let stored = serde_json::to_string(&id).unwrap();
    assert_eq!(stored, format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<Id<K>>(&stored).unwrap(), id);
    true
}
