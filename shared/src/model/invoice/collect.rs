//! Taking an invoice's money.
//!
//! 1. A transaction writes the attempt: a payment intent, and the invoice that now waits for it. Its
//!    idempotency key is `account:invoice:n`.
//! 2. The processor is asked to charge.
//! 3. A transaction writes the outcome: intent, invoice, and the subscription that depends on it.
//!
//! Whatever dies, between any two lines, the invoice is in the due index and says which attempt is
//! open: whoever comes next asks the processor what became of that key, and writes it. Two who come at
//! once meet on the invoice's version; the second finds it written. An outcome that nobody knows is
//! asked about and never charged again under another key.

use super::Invoice;
use crate::{
    base::id::PaymentIntentId,
    model::{payment_intent::PaymentIntent, payment_method::PaymentMethod, processor::Processor},
};

/// An attempt that is written down and whose outcome is not.
pub(crate) struct Attempt {
    pub(crate) invoice: Invoice,
    pub(crate) intent: PaymentIntent,
    /// None, if it was removed since.
    pub(crate) method: Option<PaymentMethod>,
    pub(crate) processor: Processor,
    /// Whether the processor was perhaps asked before.
    pub(crate) again: bool,
}

impl Attempt {
    /// The payment that is tried.
    pub(crate) fn id(&self) -> &PaymentIntentId {
        self.intent.id()
    }
}
