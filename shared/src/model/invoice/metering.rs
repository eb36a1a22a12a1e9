//! The lines of a draft that bill usage: they are written anew until it is final.
//!
//! Whether a line bills usage is told by its `quantity_decimal`. What it takes off is the discount that
//! the draft was made with, which its subscription may have spent since; so the draft remembers it.

use serde::{Deserialize, Serialize};

use super::{Invoice, InvoiceItem};
use crate::{
    base::{
        error::Error,
        money::{Atoms, Overflow},
    },
    model::billing::discount::Reduction,
};

/// What a line of usage says that came after the invoice of its period.
pub(crate) const LATE: &str = "Used in this period, and reported after it was billed";

/// What it takes to put usage on a draft again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metering {
    /// What is taken off its lines.
    #[serde(default)]
    reduction: Option<Reduction>,
}

impl InvoiceItem {
    /// Whether it bills what was used.
    pub fn is_usage(&self) -> bool {
        self.quantity_decimal.is_some()
    }
}

impl Invoice {
    /// Whether it bills usage, which is read again when it becomes final.
    pub fn bills_usage(&self) -> bool {
        self.collection.metering.is_some()
    }

    /// What is taken off the lines of a draft that bills usage.
    pub(crate) fn metered_reduction(&self) -> Option<Reduction> {
        self.collection.metering.as_ref().and_then(|metering| metering.reduction)
    }

    /// The draft as one that bills usage, with what is taken off its lines.
    pub(crate) fn metered(mut self, reduction: Option<Reduction>) -> Self {
        self.collection.metering = Some(Metering { reduction });
        self
    }

    /// The draft, whose lines have another discount.
    pub(super) fn remetered(mut self, reduction: Option<&Reduction>) -> Self {
        if let Some(metering) = &mut self.collection.metering {
            metering.reduction = reduction.copied();
        }
        self
    }

    /// The draft with these lines of usage in the place of those that it has.
    pub(crate) fn with_usage(&self, lines: Vec<InvoiceItem>) -> Result<Self, Error> {
        let mut draft = self.clone();
        draft.items.retain(|line| !line.is_usage());
        draft.items.extend(lines);
        draft.redivided()
    }

    /// The draft, whose lines of usage were written anew, with the ids that they had before.
    pub(crate) fn with_usage_ids_of(mut self, before: &Self) -> Self {
        let of = |line: &InvoiceItem| {
            let item = (line.subscription_item_id.clone(), line.price_id.clone());
            (item, line.period_start, line.period_end)
        };
        for line in self.items.iter_mut().filter(|line| line.is_usage()) {
            let mut known = before.items.iter().filter(|one| one.is_usage());
            if let Some(known) = known.find(|one| of(one) == of(line)) {
                line.id = known.id.clone();
            }
        }
        self
    }

    /// What is to be given back of lines, each of which billed so much before discount and tax above what
    /// it should: that part of what the line came to, as far as it was paid and none of it was given back.
    pub(crate) fn overcharged(&self, lines: &[(&InvoiceItem, Atoms)]) -> Result<Atoms, Overflow> {
        let mut over = Atoms::ZERO;
        for (line, less) in lines {
            if less.is_positive() {
                over = over.plus(self.worth(line, *less)?)?;
            }
        }
        // What was given back as too much counts as billed no longer.
        let back = self.refunded_amount_atom.plus(self.credited_amount_atom)?;
        let back = back.minus(self.all_corrected()?)?;
        Ok(over.minus(back)?.min(self.returnable()).max(Atoms::ZERO))
    }

    /// The draft with these lines and no others.
    pub(crate) fn with_lines(mut self, items: Vec<InvoiceItem>) -> Result<Self, Error> {
        self.items = items;
        Ok(self.totalled()?)
    }
}
