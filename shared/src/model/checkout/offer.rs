//! What a session offers: prices and quantities, and what they come to.
//!
//! One-time and recurring prices go together. All have one currency, because there is one invoice; the
//! recurring ones have one interval, because there is one subscription.

use crate::base::id::InvoiceItemId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        error::Error,
        id::{PriceId, ProcessorRouteId},
        input::{Faults, Integer, Location, Several, choice, input},
        money::{Atoms, Currency, Decimal},
    },
    model::{
        billing::{
            cycle::Interval,
            discount::{Reduction, shares},
            levied::{LineTax, Standing, levied},
        },
        invoice::{Calculation, InvoiceItem},
        price::Price,
        priced::Priced,
        subscription::NewSubscriptionItem,
    },
};

/// How many lines an offer has at most; of them 20 recurring, as many as a subscription has.
const MOST_LINES: usize = 100;
const MOST_RECURRING: usize = 20;

/// How many of a price.
pub type LineQuantity = Integer<1, 1_000_000>;

input! {
    /// A price and a quantity.
    pub struct NewLineItem {
        /// The price.
        price_id: PriceId,
        /// How many; 1, when left out.
        quantity: Option<LineQuantity>,
    }
}

input! {
    /// What is offered when what was offered before is declined.
    pub struct NewCascadeTier {
        /// What is offered.
        pub line_items: Several<NewLineItem>,
        /// The processors to try; those of the session, when left out.
        pub processor_route_id: Option<ProcessorRouteId>,
    }
}

/// A price and a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct LineItem {
    /// The price.
    pub price_id: PriceId,
    /// How many.
    pub quantity: i64,
}

impl NewLineItem {
    /// What a client would send for a line that there is.
    pub(crate) fn of(line: &LineItem) -> Self {
        let quantity = Some(Integer::clamped(line.quantity));
        Self { price_id: line.price_id.clone(), quantity }
    }
}

impl From<NewLineItem> for LineItem {
    fn from(new: NewLineItem) -> Self {
        Self { price_id: new.price_id, quantity: new.quantity.map_or(1, Integer::get) }
    }
}

choice! {
    /// The state of a tier.
    pub enum TierState {
        /// It was not offered yet.
        Pending = "pending",
        /// It was offered, and its payment declined.
        Declined = "declined",
        /// It was bought.
        Accepted = "accepted",
    }
}

/// One of several offers, each tried when the one before is declined.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct CascadeTier {
    /// What is offered.
    pub line_items: Vec<LineItem>,
    /// The processors to try; those of the session, when null.
    pub processor_route_id: Option<ProcessorRouteId>,
    /// What it comes to.
    pub amount_total_atom: Atoms,
    /// The state of the tier.
    pub state: TierState,
}

/// Which of several offers is tried next.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct CascadeStatus {
    /// The tier that is tried next, or was bought: 0 for the session's own line items.
    pub current_tier: usize,
    /// How many tiers there are beside the session's own line items.
    pub total_tiers: usize,
}

/// What an offer comes to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The sum of what is charged now.
    pub subtotal: Atoms,
    /// What the coupon takes off it.
    pub discount: Atoms,
    /// The tax that is added to what is left.
    pub tax: Atoms,
    /// What is left, with tax.
    pub total: Atoms,
}

/// The currency, and of recurring prices the interval, that all offers of a session share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) currency: Currency,
    pub(crate) interval: Option<Interval>,
}

/// The terms of the first price that exists.
pub(crate) fn terms_of(lines: &[LineItem], prices: &Priced) -> Option<Terms> {
    let found: Vec<&Price> = priced(lines, prices).map(|(_, price, _)| price).collect();
    let currency = found.first()?.currency();
    Some(Terms { currency, interval: found.iter().find_map(|price| price.interval()) })
}

fn priced<'a>(
    lines: &'a [LineItem],
    prices: &'a Priced,
) -> impl Iterator<Item = (&'a LineItem, &'a Price, &'a str)> {
    lines
        .iter()
        .filter_map(|line| prices.get(&line.price_id).map(|(price, name)| (line, price, name)))
}

/// Notes everything that keeps `lines` from being offered.
pub(crate) fn check(
    lines: &[LineItem],
    prices: &Priced,
    terms: Option<Terms>,
    at: &Location<'_>,
    faults: &mut Faults,
) {
    if lines.is_empty() {
        return faults.not_understood(at, "required", "is required and cannot be empty");
    }
    let recurring = priced(lines, prices).filter(|(_, price, _)| price.interval().is_some());
    if lines.len() > MOST_LINES || recurring.count() > MOST_RECURRING {
        let hint =
            format!("has more than {MOST_LINES} lines, or more than {MOST_RECURRING} recurring");
        return faults.not_valid(at, "too_many", &hint);
    }
    for (index, line) in lines.iter().enumerate() {
        let of_line = at.index(index);
        let at = of_line.field("price_id");
        let Some(terms) = terms else {
            faults.not_valid(&at, "no_such_object", "names a price that does not exist");
            continue;
        };
        let usable = prices.usable(&line.price_id, terms.currency, &at, faults);
        if usable.is_some_and(|(price, _)| price.meter_id().is_some()) {
            let hint = "is a metered price, which is not sold here: subscribe to it by the API";
            faults.not_valid(&at, "metered", hint);
            continue;
        }
        let own = usable.and_then(|(price, _)| price.interval());
        if own.is_some() && own != terms.interval {
            let hint = "is billed at another interval than the other recurring prices";
            faults.not_valid(&at, "interval_mismatch", hint);
        }
    }
}

/// Notes the recurring prices in `lines`, which are charged again and again, where there is no
/// processor to charge them by.
pub(crate) fn check_processor(
    lines: &[LineItem],
    prices: &Priced,
    at: &Location<'_>,
    faults: &mut Faults,
) {
    for (index, line) in lines.iter().enumerate() {
        let recurring =
            prices.get(&line.price_id).is_some_and(|(price, _)| price.interval().is_some());
        if recurring {
            let hint = "is a recurring price, and there is no processor to charge it by: set the \
                        account's default_processor_id, or name a processor_route_id";
            let of_line = at.index(index);
            faults.not_valid(&of_line.field("price_id"), "no_processor", hint);
        }
    }
}

/// What `lines` come to now; recurring ones nothing, where a trial comes first.
pub(crate) fn totals(
    lines: &[LineItem],
    prices: &Priced,
    reduction: Option<&Reduction>,
    trial: bool,
) -> Result<Totals, Error> {
    let charged: Vec<_> = priced(lines, prices)
        .filter(|(_, price, _)| !(trial && price.interval().is_some()))
        .collect();
    let amounts: Vec<Atoms> = charged
        .iter()
        .map(|(line, price, _)| price.amount(line.quantity))
        .collect::<Result<_, _>>()?;
    let discounts = match reduction {
        Some(reduction) => shares(reduction, &amounts)?,
        None => vec![Atoms::ZERO; amounts.len()],
    };
    let taxes: Vec<Vec<LineTax>> =
        charged.iter().map(|(line, ..)| prices.taxes_on(&line.price_id)).collect();
    let mut taxed = Vec::new();
    for ((amount, discount), taxes) in amounts.iter().zip(&discounts).zip(&taxes) {
        taxed.push((Standing::Open, amount.minus(*discount)?, taxes.as_slice()));
    }
    let levied = levied(&taxed)?.into_iter().flatten().zip(taxes.iter().flatten());
    let tax = Atoms::sum(levied.filter(|(_, tax)| !tax.inclusive).map(|(amount, _)| amount))?;
    let (subtotal, discount) = (Atoms::sum(amounts)?, Atoms::sum(discounts)?);
    Ok(Totals { subtotal, discount, tax, total: subtotal.minus(discount)?.plus(tax)? })
}

/// What the recurring ones of `lines` come to each time.
pub(crate) fn again(
    lines: &[LineItem],
    prices: &Priced,
    reduction: Option<&Reduction>,
) -> Result<Atoms, Error> {
    let recurring = priced(lines, prices).filter(|(_, price, _)| price.interval().is_some());
    let recurring: Vec<LineItem> = recurring.map(|(line, _, _)| line.clone()).collect();
    Ok(totals(&recurring, prices, reduction, false)?.total)
}

/// The items of the subscription that `lines` ask for.
pub(crate) fn recurring(lines: &[LineItem], prices: &Priced) -> Vec<NewSubscriptionItem> {
    let recurring = priced(lines, prices).filter(|(_, price, _)| price.interval().is_some());
    recurring
        .map(|(line, _, _)| NewSubscriptionItem {
            price_id: line.price_id.clone(),
            quantity: Some(Integer::clamped(line.quantity)),
        })
        .collect()
}

/// The invoice lines of what is sold once.
pub(crate) fn once(
    id: impl Fn() -> InvoiceItemId,
    lines: &[LineItem],
    prices: &Priced,
) -> Result<Vec<InvoiceItem>, Error> {
    let once = priced(lines, prices).filter(|(_, price, _)| price.interval().is_none());
    once.map(|(line, price, name)| {
        let amount = price.amount(line.quantity)?;
        let mut item = InvoiceItem::new(id(), name.to_owned(), line.quantity, amount);
        item.price_id = Some(line.price_id.clone());
        item.unit_amount_atom = price.unit_amount_atom();
        let quantity = Decimal::from_atoms(Atoms::new(line.quantity));
        item = item.calculated(Calculation::of(&price.pricing(), quantity, amount));
        item = item.taxed(&prices.taxes_on(&line.price_id));
        Ok(item)
    })
    .collect()
}
