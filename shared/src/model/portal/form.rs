//! What a customer does on the portal: one form, one act.

use serde_json::{Map, Value, json};

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, PaymentMethodId, SubscriptionId},
        money::Atoms,
    },
    model::{customer::CustomerPatch, portal::Wish, tax_id::TaxIds, typed::read},
};

/// The parts of an address, as a customer writes them.
pub(super) const ADDRESS: [&str; 6] = ["line1", "line2", "postal_code", "city", "state", "country"];

/// What a customer sends.
#[derive(Clone, Debug, Default)]
pub struct PortalForm {
    fields: Vec<(String, String)>,
}

/// What a customer does.
#[derive(Debug)]
pub enum Act {
    /// Pays an invoice by one of their cards.
    Pay(InvoiceId, PaymentMethodId),
    /// At the test processor's bank: confirms a payment, or refuses to.
    AtBank(InvoiceId, bool),
    /// Has a card charged from now on.
    MakeDefault(PaymentMethodId),
    /// Has a card charged no more.
    Remove(PaymentMethodId),
    /// Goes where a card is added.
    Add,
    /// Cancels a subscription at the end of its period, or takes that back.
    Cancel(SubscriptionId, bool),
    /// Changes what is known of them.
    Change(Box<CustomerPatch>),
    /// Looks what another plan or quantity would come to.
    Look(Wish),
    /// Changes to it.
    Subscribe(Wish),
    /// Takes back a change that waits.
    Undo(SubscriptionId),
    /// Pauses a subscription at the end of its period; or takes that back, or has it go on.
    Pause(SubscriptionId, bool),
}

impl PortalForm {
    /// Reads a form as browsers send it.
    pub fn read(body: &str) -> Self {
        let fields = form_urlencoded::parse(body.as_bytes());
        Self { fields: fields.map(|(k, v)| (k.into_owned(), v.trim().to_owned())).collect() }
    }

    /// What was sent under a name; none, where it was not.
    pub(super) fn sent(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it holds what somebody has typed in.
    pub(crate) fn is_typed(&self) -> bool {
        self.sent("email").is_some()
    }

    fn value(&self, name: &str) -> &str {
        self.sent(name).unwrap_or_default()
    }

    /// The act. What no page of ours sends is not there.
    ///
    /// `country` is what the customer's address says now: text that is no code is no change of it.
    pub fn act(&self, country: &str, tax_ids: &TaxIds) -> Result<Act, Error> {
        let gone = |_| Error::NotFound;
        let invoice = || self.value("invoice").parse().map_err(gone);
        let method = || self.value("method").parse().map_err(gone);
        let subscription = || self.value("subscription").parse().map_err(gone);
        Ok(match self.value("act") {
            "pay" => Act::Pay(invoice()?, method()?),
            "confirm" => Act::AtBank(invoice()?, true),
            "refuse" => Act::AtBank(invoice()?, false),
            "default" => Act::MakeDefault(method()?),
            "remove" => Act::Remove(method()?),
            "add" => Act::Add,
            "cancel" => Act::Cancel(subscription()?, true),
            "keep" => Act::Cancel(subscription()?, false),
            "details" => Act::Change(Box::new(self.details(country, tax_ids)?)),
            "look" => Act::Look(self.wish()?),
            "change" => Act::Subscribe(self.wish()?),
            "undo" => Act::Undo(subscription()?),
            "pause" => Act::Pause(subscription()?, true),
            "go_on" => Act::Pause(subscription()?, false),
            _ => return Err(Error::NotFound),
        })
    }

    /// Another plan or quantity. What is no number is none that anybody may have.
    fn wish(&self) -> Result<Wish, Error> {
        let gone = |_| Error::NotFound;
        let given = |name: &str| Some(self.value(name)).filter(|text| !text.is_empty());
        Ok(Wish {
            subscription: self.value("subscription").parse().map_err(gone)?,
            item: self.value("item").parse().map_err(gone)?,
            price: given("price").map(str::parse).transpose().map_err(gone)?,
            quantity: given("quantity").map(|text| text.parse().unwrap_or(0)),
            shown: given("costs").and_then(|text| text.parse().ok()).map(Atoms::new),
        })
    }

    /// The tax ids with the first one as it is to be; none, where nothing of that was sent or changed. What
    /// an office has said of one counts for it alone.
    fn tax_ids(&self, known: &TaxIds) -> Option<Value> {
        let value = self.sent("tax_id")?;
        let (first, others) = match known.all() {
            [first, others @ ..] => (Some(first), others),
            [] => (None, known.all()),
        };
        let same = first
            .is_some_and(|one| one.value().trim() == value && one.kind() == self.value("tax_type"));
        if same || (value.is_empty() && first.is_none()) {
            return None;
        }
        let new = json!({"type": self.value("tax_type"), "value": value});
        let new = Some(new).filter(|_| !value.is_empty());
        Some(new.into_iter().chain(others.iter().map(|one| json!(one))).collect())
    }

    /// Name and address as they are to be: what was emptied is cleared.
    fn details(&self, country: &str, tax_ids: &TaxIds) -> Result<CustomerPatch, Error> {
        let text = |name: &str| match self.value(name) {
            "" => Value::Null,
            text => text.into(),
        };
        let code = self.value("country").to_uppercase();
        let same = !country.is_empty() && self.value("country") == country.trim();
        let part = |part: &str| match part {
            "country" if same => None,
            "country" if !code.is_empty() => Some((part.to_owned(), code.as_str().into())),
            part => Some((part.to_owned(), text(part))),
        };
        let address = ADDRESS.into_iter().filter_map(part);
        let mut body = Map::new();
        body.insert("email".to_owned(), self.value("email").into());
        body.insert("name".to_owned(), text("name"));
        body.insert("address".to_owned(), Value::Object(address.collect()));
        body.extend(self.tax_ids(tax_ids).map(|ids| ("tax_ids".to_owned(), ids)));
        read("customer", &Value::Object(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_one_act_or_none() {
        let pays = PortalForm::read(
            "act=pay&invoice=in_stg_0000000000000001&method=pm_stg_0000000000000001",
        );
        let none = TaxIds::default();
        assert!(matches!(pays.act("", &none), Ok(Act::Pay(..))));
        for wrong in ["", "act=pay", "act=drop", "act=cancel&subscription=in_stg_0000000000000001"]
        {
            let act = PortalForm::read(wrong).act("", &none);
            assert!(matches!(act, Err(Error::NotFound)), "{wrong}");
        }
        let nobody = PortalForm::read("act=details&email=nobody&name=x");
        assert!(matches!(nobody.act("", &none), Err(Error::Faulty(_))));
    }

    #[test]
    fn a_country_is_a_code_unless_it_stays_what_it_was() {
        let act = |country: &str, before: &str| {
            let body = format!("act=details&email=a%40example.com&country={country}");
            PortalForm::read(&body).act(before, &TaxIds::default()).is_ok()
        };
        assert!(act("de", "") && act("UK", "") && act("", "Germany") && act("Germany", "Germany"));
        assert!(!act("Germany", "") && !act("Germany", "FR") && !act("XK", "Germany"));
    }
}
