//! What is subscribed to, and what was last billed for it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId, MeterId, PriceId, SubscriptionItemId},
        input::{Integer, input},
        money::{Atoms, Decimal, Overflow, rounded},
    },
    model::{
        billing::{
            cycle::Period,
            levied::{LineTax, sum_of},
            proration::Fraction,
        },
        invoice::{Calculation, Invoice, InvoiceItem},
        price::Price,
        priced::Priced,
    },
};

/// How many of a price.
pub type ItemQuantity = Integer<0, 1_000_000_000>;

/// One price of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SubscriptionItem {
    /// The item's id.
    pub id: SubscriptionItemId,
    /// What it is billed by.
    pub price_id: PriceId,
    /// How many; null where a meter measures it.
    pub quantity: Option<i64>,
    /// What measures its quantity, where that is not agreed beforehand.
    #[serde(default)]
    pub meter_id: Option<MeterId>,
}

input! {
    /// One price of a new subscription.
    pub struct NewSubscriptionItem {
        /// What it is billed by.
        pub price_id: PriceId,
        /// How many; 1, when left out. Not of a metered price.
        pub quantity: Option<ItemQuantity>,
    }
}

impl NewSubscriptionItem {
    /// The item.
    pub fn made(&self, id: SubscriptionItemId) -> SubscriptionItem {
        let quantity = Some(self.quantity.map_or(1, Integer::get));
        SubscriptionItem { id, price_id: self.price_id.clone(), quantity, meter_id: None }
    }
}

/// What was last billed for an item, and by which line: the basis of what a change gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// What a whole period costs.
    amount: Atoms,
    /// What the line charged.
    gross: Atoms,
    /// What was left of that after the discount that the line actually got.
    net: Atoms,
    /// The line's taxes; without amounts while it waits for an invoice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<LineTax>,
    /// What a fixed discount takes off a whole period of it: it goes through changes.
    #[serde(default)]
    fixed: Atoms,
    /// What of that the line got; not known of those that were stored before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carried: Option<Atoms>,
    /// The line.
    #[serde(default)]
    line: Option<InvoiceItemId>,
    /// The invoice that it is on; none while it waits for one.
    #[serde(default)]
    invoice: Option<InvoiceId>,
    /// What was billed before a change in this period: that counts again if the change's invoice turns
    /// void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Box<Billed>>,
}

/// How many changes of an item in one period are remembered at most.
const MOST_BEFORE: usize = 8;

/// What was last billed, by item.
pub type BilledItems = BTreeMap<SubscriptionItemId, Billed>;

impl Billed {
    /// What the invoice line `line` billed for an item whose whole period costs `amount`, of which a
    /// fixed discount takes off `fixed`, and `carried` of the line.
    pub fn by(
        line: &InvoiceItem,
        amount: Atoms,
        (fixed, carried): (Atoms, Atoms),
    ) -> Result<Self, Overflow> {
        let (gross, net, of) = (line.amount_atom, line.net()?, Some(line.id.clone()));
        let (taxes, carried) = (line.taxes.clone(), Some(carried));
        Ok(Self {
            amount,
            gross,
            net,
            taxes,
            fixed,
            carried,
            line: of,
            invoice: None,
            before: None,
        })
    }

    /// The same, of which no fixed discount takes anything off.
    pub fn plainly(line: &InvoiceItem, amount: Atoms) -> Result<Self, Overflow> {
        Self::by(line, amount, (Atoms::ZERO, Atoms::ZERO))
    }

    /// The same, where a fixed discount takes off of a whole period what it takes off of the line.
    pub fn with_fixed(line: &InvoiceItem, amount: Atoms) -> Result<Self, Overflow> {
        let fixed = match line.amount_atom.is_positive() {
            true => of_whole(line.discount_amount_atom, amount, line.amount_atom)?,
            false => Atoms::ZERO,
        };
        Self::by(line, amount, (fixed, line.discount_amount_atom))
    }

    /// The same item, after the line that billed it got another discount: a fixed one, if `fixed`.
    pub fn rebilled(&mut self, line: &InvoiceItem, fixed: bool) -> Result<(), Overflow> {
        let again = match fixed {
            true => Self::with_fixed(line, self.amount)?,
            false => Self::plainly(line, self.amount)?,
        };
        *self = Self { invoice: self.invoice.take(), before: self.before.take(), ..again };
        Ok(())
    }

    /// The same, billed by a change in the place of `old`.
    pub(crate) fn in_place_of(mut self, old: Option<Self>) -> Self {
        let mut old = old.map(Box::new);
        let (mut deepest, mut left) = (&mut old, MOST_BEFORE);
        while let Some(one) = deepest {
            left = left.saturating_sub(1);
            if left == 0 {
                one.before = None;
            }
            deepest = &mut one.before;
        }
        self.before = old;
        self
    }

    /// What counts as billed when `void` is void: what was billed before that, where it is known.
    pub(crate) fn without(mut self, void: &InvoiceId) -> Self {
        self.before = self.before.map(|before| Box::new(before.without(void)));
        match (self.invoice.as_ref() == Some(void), self.before.take()) {
            (true, Some(before)) => *before,
            (_, before) => Self { before, ..self },
        }
    }

    /// What the line came to with tax; before tax, while it waits for an invoice.
    pub(crate) fn total(&self) -> Result<Atoms, Overflow> {
        self.net.plus(sum_of(&self.taxes, false)?)
    }

    /// The line's taxes.
    pub(crate) fn taxes(&self) -> &[LineTax] {
        &self.taxes
    }

    /// What the customer paid, or owes, for a whole period: the amount, less the part of it that was
    /// discounted, and its tax where that is known.
    pub fn basis(&self) -> Result<Atoms, Overflow> {
        // What a fixed discount takes off a period is no part of it: that is taken off as it is.
        let (amount, gross) = match self.carried {
            Some(carried) => (self.amount.minus(self.fixed)?, self.gross.minus(carried)?),
            None => (self.amount, self.gross),
        };
        match (self.gross.is_positive(), gross.is_positive()) {
            (true, true) => of_whole(self.total()?, amount, gross),
            (true, false) => Ok(Atoms::ZERO),
            (false, _) => Ok(self.amount),
        }
    }

    /// The same as if it were paid in full, by whatever line.
    pub fn paid(&mut self) {
        (self.line, self.invoice) = (None, None);
    }

    /// What a fixed discount takes off a whole period.
    pub fn fixed(&self) -> Atoms {
        self.fixed
    }

    /// The line that billed it.
    pub fn line(&self) -> Option<&InvoiceItemId> {
        self.line.as_ref()
    }

    /// The invoice that the line is on.
    pub fn invoice(&self) -> Option<&InvoiceId> {
        self.invoice.as_ref()
    }

    /// The same, after `invoice` was made, which may have its line.
    pub fn invoiced(&mut self, invoice: &Invoice) {
        let place = self.line.as_ref().and_then(|line| invoice.place(line));
        if let Some(line) = place.and_then(|place| invoice.items().get(place)) {
            self.invoice = Some(invoice.id().clone());
            self.taxes.clone_from(&line.taxes);
        }
    }
}

/// What `part` of a line that charged `gross` is of a whole period that costs `amount`.
fn of_whole(part: Atoms, amount: Atoms, gross: Atoms) -> Result<Atoms, Overflow> {
    rounded(i128::from(amount.get()) * i128::from(part.get()), i128::from(gross.get()))
}

impl SubscriptionItem {
    /// What a whole period costs.
    pub fn amount(&self, price: &Price) -> Result<Atoms, Error> {
        Ok(price.amount(self.quantity.unwrap_or(0))?)
    }

    /// What a part of a period costs in which a whole one costs its price less `off`, rounded once.
    pub(crate) fn amount_for(
        &self,
        price: &Price,
        part: Fraction,
        off: Atoms,
    ) -> Result<Atoms, Error> {
        Ok(price.amount_for(self.quantity.unwrap_or(0), part, off)?)
    }

    /// The item as its price says: with a meter that measures its quantity, or with a quantity.
    pub(crate) fn measured_as(self, prices: &Priced) -> Self {
        let Some((price, _)) = prices.get(&self.price_id) else { return self };
        match price.meter_id() {
            Some(meter) => Self { quantity: None, meter_id: Some(meter.clone()), ..self },
            None => Self { quantity: self.quantity.or(Some(1)), meter_id: None, ..self },
        }
    }

    /// That a whole period costs `full`.
    pub(crate) fn calculation(&self, price: &Price, full: Atoms) -> Calculation {
        let quantity = Decimal::from_atoms(Atoms::new(self.quantity.unwrap_or(0)));
        Calculation::of(&price.pricing(), quantity, full)
    }

    /// A line that bills this item for `period`.
    pub fn line(
        &self,
        id: InvoiceItemId,
        (price, name): (&Price, &str),
        period: Period,
        amount: Atoms,
    ) -> InvoiceItem {
        let mut line =
            InvoiceItem::new(id, name.to_owned(), self.quantity.unwrap_or(0), amount).over(period);
        line.price_id = Some(self.price_id.clone());
        line.unit_amount_atom = price.unit_amount_atom();
        line.subscription_item_id = Some(self.id.clone());
        line
    }
}
