//! Which amounts a processor can be asked for: said before anything is written.

use super::stripe_amounts;
use crate::{
    base::{
        error::Error,
        id::ProcessorId,
        money::{Atoms, Currency},
    },
    model::{currency::ProcessorAmounts, processor::Processor},
    work::Work,
};

impl Work {
    /// Refuses an amount that the processor takes in no way: of `field`, or of the `noun` where nobody
    /// named an amount.
    pub(crate) async fn must_be_payable(
        &self,
        processor: &ProcessorId,
        (amount, currency): (Atoms, Currency),
        (noun, field): (&'static str, Option<&str>),
    ) -> Result<(), Error> {
        // Nothing is read for a currency in which every amount will do.
        let Some(takes) = strange(amount, currency) else { return Ok(()) };
        let found: Option<Processor> = self.look_for(processor).await?;
        if found.is_none_or(|processor| processor.r#type != takes.kind) {
            return Ok(());
        }
        let hint = why_not(amount, currency, takes);
        Err(match field {
            Some(field) => Error::rule(noun, field, "amount_not_payable", &hint),
            None => Error::not_now(noun, "amount_not_payable", &hint),
        })
    }
}

/// What Stripe takes of a currency, where it does not take this amount.
fn strange(amount: Atoms, currency: Currency) -> Option<ProcessorAmounts> {
    stripe_amounts(currency).filter(|takes| amount.get() % takes.multiple_of_atom != 0)
}

/// Whether some processor does not take this amount.
pub(crate) fn is_strange(amount: Atoms, currency: Currency) -> bool {
    strange(amount, currency).is_some()
}

fn why_not(amount: Atoms, currency: Currency, takes: ProcessorAmounts) -> String {
    let (amount, step, kind) = (amount.get(), takes.multiple_of_atom, takes.kind);
    format!("is {amount}, and {kind} takes only multiples of {step} in {currency}")
}

/// The same, of what is to be charged or given back by itself.
pub(super) fn unpayable(amount: Atoms, currency: Currency) -> String {
    match strange(amount, currency) {
        Some(takes) => format!("The amount {}", why_not(amount, currency, takes)),
        None => format!("The amount is {}: the processor takes no such amount", amount.get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_which_amounts_are_taken() {
        let said = |amount, code: &str| unpayable(Atoms::new(amount), code.parse().unwrap());
        assert_eq!(
            said(1234, "kwd"),
            "The amount is 1234, and stripe takes only multiples of 10 in kwd"
        );
        assert!(strange(Atoms::new(1230), "kwd".parse().unwrap()).is_none());
        assert!(strange(Atoms::new(1), "isk".parse().unwrap()).is_none());
        assert!(said(i64::MAX, "isk").ends_with("the processor takes no such amount"));
    }
}
