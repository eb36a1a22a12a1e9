//! What a customer does on the portal: one form, one act.

use serde_json::{Map, Value};

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, PaymentMethodId, SubscriptionId},
        input::{Faults, Input, Json, Location},
    },
    model::customer::CustomerPatch,
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
    pub fn act(&self, country: &str) -> Result<Act, Error> {
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
            "details" => Act::Change(Box::new(self.details(country)?)),
            _ => return Err(Error::NotFound),
        })
    }

    /// Name and address as they are to be: what was emptied is cleared.
    fn details(&self, country: &str) -> Result<CustomerPatch, Error> {
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
        read("customer", &Value::Object(body))
    }
}

/// A body, as the API reads it.
pub(crate) fn read<T: Input>(noun: &'static str, body: &Value) -> Result<T, Error> {
    let json = Json::parse(&body.to_string()).map_err(|why| Error::NotJson(why.0))?;
    let mut faults = Faults::default();
    let read = T::read(&json, &Location::body(noun), &mut faults);
    faults.settled()?;
    read.ok_or(Error::Internal("a fault was not noted".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_one_act_or_none() {
        let pays = PortalForm::read(
            "act=pay&invoice=in_stg_0000000000000001&method=pm_stg_0000000000000001",
        );
        assert!(matches!(pays.act(""), Ok(Act::Pay(..))));
        for wrong in ["", "act=pay", "act=drop", "act=cancel&subscription=in_stg_0000000000000001"]
        {
            assert!(matches!(PortalForm::read(wrong).act(""), Err(Error::NotFound)), "{wrong}");
        }
        let nobody = PortalForm::read("act=details&email=nobody&name=x");
        assert!(matches!(nobody.act(""), Err(Error::Faulty(_))));
    }

    #[test]
    fn a_country_is_a_code_unless_it_stays_what_it_was() {
        let act = |country: &str, before: &str| {
            let body = format!("act=details&email=a%40example.com&country={country}");
            PortalForm::read(&body).act(before).is_ok()
        };
        assert!(act("de", "") && act("UK", "") && act("", "Germany") && act("Germany", "Germany"));
        assert!(!act("Germany", "") && !act("Germany", "FR") && !act("XK", "Germany"));
    }
}
