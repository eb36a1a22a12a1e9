//! What stands on an invoice, in the customer's language. What the page of a checkout or the portal says
//! too is not here again.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod ja;
mod nl;
mod pt;

use super::{Locale, of_language};

impl Locale {
    /// The sentences of an invoice.
    pub(crate) fn invoice_words(self) -> &'static InvoiceWords {
        of_language!(self)
    }
}

/// Every sentence.
#[derive(Debug)]
pub(crate) struct InvoiceWords {
    pub(crate) invoice: &'static str,
    pub(crate) number: &'static str,
    pub(crate) credit_note: &'static str,
    pub(crate) credit_number: &'static str,
    pub(crate) date: &'static str,
    pub(crate) due_date: &'static str,
    pub(crate) paid_on: &'static str,
    pub(crate) sold_by: &'static str,
    pub(crate) billed_to: &'static str,
    pub(crate) description: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) unit_price: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) draft: &'static str,
    pub(crate) not_final: &'static str,
    pub(crate) by: &'static str,
    pub(crate) on: &'static str,
    pub(crate) since: &'static str,
    pub(crate) total: &'static str,
    pub(crate) from_balance: &'static str,
    pub(crate) paid: &'static str,
    pub(crate) refunded: &'static str,
    pub(crate) returned: &'static str,
    pub(crate) amount_due: &'static str,
    pub(crate) tax: &'static str,
    pub(crate) tax_inside: &'static str,
    pub(crate) reverse_charge: &'static str,
    pub(crate) page: &'static str,
    pub(crate) part_of_days: &'static str,
    pub(crate) part_of_hours: &'static str,
    pub(crate) part_of_seconds: &'static str,
    pub(crate) packages: &'static str,
    pub(crate) tier: &'static str,
    pub(crate) flat: &'static str,
    pub(crate) earlier: &'static str,
    pub(crate) was_billed: &'static str,
    pub(crate) was_returned: &'static str,
    pub(crate) at_most: &'static str,
    pub(crate) less_tax: &'static str,
    pub(crate) unused_time: &'static str,
    pub(crate) unused: &'static str,
    pub(crate) remaining_time: &'static str,
    pub(crate) unused_paid: &'static str,
    pub(crate) taken_off: &'static str,
    pub(crate) to_balance: &'static str,
    pub(crate) given_back: &'static str,
    pub(crate) credited: &'static str,
    pub(crate) late: &'static str,
    pub(crate) next_invoice: &'static str,
}

#[cfg(test)]
mod tests {
    use super::super::tests::same_names;
    use super::*;

    #[test]
    fn every_language_names_the_same_things_in_its_sentences() {
        let english = format!("{:?}", Locale::En.invoice_words());
        for locale in Locale::ALL {
            same_names(&english, &format!("{:?}", locale.invoice_words()), *locale);
        }
    }
}
