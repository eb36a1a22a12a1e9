//! The bank of the test processor's cards: what a payer does there who has to confirm a payment.
//!
//! It is on the far side too: what is done here stands in the processor's record, and is heard of by
//! whoever asks the processor what became of the charge.

use super::{ATTEMPTS, TestProcessor, declined, lost, reference, succeeded};
use crate::{
    base::error::Error,
    model::{
        payment_intent::{PaymentIntent, PaymentIntentState},
        processor::{
            Entry, EntryKind, Lost, Processor, ProcessorType,
            wire::{DeclineKind, Response},
        },
    },
    work::Work,
};

impl Work {
    /// What a payer does about a payment that waits for it: confirms it, or refuses to. Nothing, where
    /// no payment waits, or where its bank is a real one.
    pub(crate) async fn at_test_bank(
        &self,
        intent: &PaymentIntent,
        confirms: bool,
    ) -> Result<(), Error> {
        let processor: Processor = self.find(intent.processor_id()).await?;
        let waits = intent.state() == PaymentIntentState::RequiresAction;
        if !waits || processor.r#type != ProcessorType::Test {
            return Ok(());
        }
        let name = reference(EntryKind::Charge, processor.id().as_str(), intent.idempotency_key());
        let done = TestProcessor::new(self.store(), self.account()).at_bank(&name, confirms).await;
        done.map_err(|Lost(why)| Error::Busy(why))
    }
}

impl TestProcessor<'_> {
    async fn at_bank(&self, name: &str, confirms: bool) -> Result<(), Lost> {
        for _ in 0..ATTEMPTS {
            let entry = self.entry(name).await?;
            let waits = |entry: &Entry| matches!(entry.answer, Response::ActionNeeded(_));
            let Some(entry) = entry.filter(waits) else { return Ok(()) };
            let message = "The payer refused to confirm the payment";
            let answer = match confirms {
                true => succeeded(name, entry.amount, entry.currency),
                false => declined("authentication_failed", message, DeclineKind::Soft),
            };
            let version = entry.version.saturating_add(1);
            let after = Entry { answer, succeeded: confirms, version, ..entry.clone() };
            if self.put_entries(vec![self.replacement(&entry, &after)?]).await? {
                return Ok(());
            }
        }
        Err(lost("a charge that many ask about at once"))
    }
}
