//! The lines of an invoice.
//!
//! A client writes a line in decimal major units (`"12.50"`), in atoms, or as so many of a price;
//! what is stored is the one rounded amount of the line, and the totals are sums of these.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Calculation, LineDiscount};
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId, PriceId, SubscriptionItemId},
        input::{Faults, Input, Integer, Json, Location, Text, input, rule},
        metadata::Metadata,
        money::{Atoms, Currency, Decimal, Overflow},
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, levied::LineTax},
        priced::Priced,
        tax_rate::TaxRateIds,
    },
};

/// How many of something a line is about.
pub type Quantity = Integer<0, 1_000_000_000_000>;

/// The line that a credit is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct CreditedLine {
    /// The invoice that it is on; null for the one that the credit is on.
    pub invoice_id: Option<InvoiceId>,
    /// The line.
    pub invoice_item_id: InvoiceItemId,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct InvoiceItem {
    /// The line's id.
    pub id: InvoiceItemId,
    /// What is billed.
    pub name: String,
    /// More about it.
    pub description: Option<String>,
    /// How many; of usage with a fraction, the next whole number.
    pub quantity: i64,
    /// What was used, exactly, of a line that bills what a meter measured.
    #[serde(default)]
    pub quantity_decimal: Option<Decimal>,
    /// What one costs, in the smallest unit, where that is a whole number.
    pub unit_amount_atom: Option<Atoms>,
    /// The price it is billed by.
    pub price_id: Option<PriceId>,
    /// The item of the subscription it is billed for.
    pub subscription_item_id: Option<SubscriptionItemId>,
    /// The line's amount before discount and tax; negative for a credit.
    pub amount_atom: Atoms,
    /// The part of the invoice's discount that this line gets.
    pub discount_amount_atom: Atoms,
    /// The sum of its taxes: of those that are added to it and of those that its amount has in it.
    pub tax_amount_atom: Atoms,
    /// The numbers that its amount follows from; null where a client gave the amount, and of a line that
    /// was stored before they were kept.
    #[serde(default)]
    pub calculation: Option<Calculation>,
    /// Where its discount comes from; null where it has none, or was stored before that was kept.
    #[serde(default)]
    pub discount: Option<LineDiscount>,
    /// Its taxes, one by one. What is `inclusive` is in `amount_atom` already and is not added to it.
    #[serde(default)]
    pub taxes: Vec<LineTax>,
    /// When what it bills begins.
    pub period_start: Option<Timestamp>,
    /// When what it bills ends.
    pub period_end: Option<Timestamp>,
    /// Whether it settles a change in the middle of a period.
    pub proration: bool,
    /// What credits for its time took off it before it was paid.
    #[serde(default)]
    pub reduced_amount_atom: Atoms,
    /// What of that which was paid for it was given back: by credits for its time, refunds and credit
    /// notes.
    #[serde(default)]
    pub given_back_amount_atom: Atoms,
    /// Of a credit: the line whose time it gives back.
    #[serde(default)]
    pub credit_of: Option<CreditedLine>,
    /// Whether it bills nothing and says where a credit went: to the credit balance, or off what was
    /// open of another invoice.
    #[serde(default)]
    pub settles: bool,
    /// Free text by key.
    pub metadata: Metadata,
}

impl InvoiceItem {
    /// A line of `amount`, for one of `name`.
    pub fn new(id: InvoiceItemId, name: String, quantity: i64, amount: Atoms) -> Self {
        Self {
            id,
            name,
            description: None,
            quantity,
            quantity_decimal: None,
            unit_amount_atom: None,
            price_id: None,
            subscription_item_id: None,
            amount_atom: amount,
            discount_amount_atom: Atoms::ZERO,
            tax_amount_atom: Atoms::ZERO,
            calculation: None,
            discount: None,
            taxes: Vec::new(),
            period_start: None,
            period_end: None,
            proration: false,
            reduced_amount_atom: Atoms::ZERO,
            given_back_amount_atom: Atoms::ZERO,
            credit_of: None,
            settles: false,
            metadata: Metadata::default(),
        }
    }

    /// The line, called `name` as far as that is not too long.
    pub fn called(self, name: &str) -> Self {
        let name = match name.chars().nth(MOST_OF_A_NAME) {
            None => name.to_owned(),
            Some(_) => name.chars().take(MOST_OF_A_NAME).chain(['…']).collect(),
        };
        Self { name, ..self }
    }

    /// The line, for `period`.
    pub fn over(self, period: Period) -> Self {
        Self { period_start: Some(period.start), period_end: Some(period.end), ..self }
    }

    /// The time it bills.
    pub fn span(&self) -> Option<Period> {
        self.period_start.zip(self.period_end).map(|(start, end)| Period { start, end })
    }

    /// What is to be paid for the line before the tax that is added to it.
    pub fn net(&self) -> Result<Atoms, Overflow> {
        self.amount_atom.minus(self.discount_amount_atom)
    }

    /// What is to be paid for several lines before the tax that is added to them.
    pub(crate) fn sum_net<'a>(
        lines: impl IntoIterator<Item = &'a Self>,
    ) -> Result<Atoms, Overflow> {
        Atoms::sum(lines.into_iter().map(Self::net).collect::<Result<Vec<_>, _>>()?)
    }

    /// The tax that is added to several lines.
    pub(crate) fn sum_tax<'a>(
        lines: impl IntoIterator<Item = &'a Self>,
    ) -> Result<Atoms, Overflow> {
        Atoms::sum(lines.into_iter().map(Self::added_tax).collect::<Result<Vec<_>, _>>()?)
    }
}

input! {
    /// A line as a client writes it. Its amount is exactly one of `unit_amount`, `unit_amount_atom`,
    /// `amount`, `amount_atom` and `price_id`.
    pub struct NewInvoiceItem {
        /// What is billed; the name of the price, when left out beside a `price_id`.
        name: Option<Text<1, 200>>,
        /// More about it.
        description: Option<Text<0, 500>>,
        /// How many; 1, when left out.
        quantity: Option<Quantity>,
        /// What one costs, in decimal major units: `"12.50"`.
        unit_amount: Option<Decimal>,
        /// What one costs, in the smallest unit.
        unit_amount_atom: Option<Atoms>,
        /// What the line costs, in decimal major units: `"12.50"`.
        amount: Option<Decimal>,
        /// What the line costs, in the smallest unit.
        amount_atom: Option<Atoms>,
        /// What one costs: this price, in the invoice's currency.
        pub price_id: Option<PriceId>,
        /// Its tax rates, active ones; none, where the list is empty. When left out they are those of the
        /// product, else of the customer, else of the account.
        pub tax_rate_ids: Option<TaxRateIds>,
        /// Free text by key.
        metadata: Option<Metadata>,
    }
    rules [
        rule::exactly_one(&["unit_amount", "unit_amount_atom", "amount", "amount_atom", "price_id"]),
        rule::at_least_one(&["name", "price_id"]),
    ]
    example {"name": "Consulting", "quantity": 2, "unit_amount": "150.00"}
}

/// A list of lines, at most 250.
#[derive(Clone, Debug)]
pub struct NewInvoiceItems(pub Vec<NewInvoiceItem>);

const MOST_ITEMS: usize = 250;

/// How many characters the name of a line has at most that a change or an end makes from another name:
/// many of them wait on one item.
const MOST_OF_A_NAME: usize = 120;

impl Input for NewInvoiceItems {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let items = Vec::read(value, at, faults)?;
        if items.len() > MOST_ITEMS {
            faults.not_valid(at, "too_many", &format!("has more than {MOST_ITEMS} items"));
            return None;
        }
        Some(Self(items))
    }
}

impl JsonSchema for NewInvoiceItems {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NewInvoiceItems".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let item = generator.subschema_for::<NewInvoiceItem>();
        schemars::json_schema!({"type": "array", "items": item, "maxItems": MOST_ITEMS})
    }
}

impl NewInvoiceItems {
    /// The prices that the lines name.
    pub fn price_ids(&self) -> Vec<PriceId> {
        self.0.iter().filter_map(|item| item.price_id.clone()).collect()
    }

    /// The tax rates that the lines name.
    pub fn tax_rates(&self) -> impl Iterator<Item = (usize, &TaxRateIds)> {
        let named = self.0.iter().map(|item| item.tax_rate_ids.as_ref());
        named.enumerate().filter_map(|(index, ids)| Some((index, ids?)))
    }

    /// The lines with their amounts. `Err` when faults were noted.
    pub fn priced(
        self,
        currency: Currency,
        prices: &Priced,
        at: &Location<'_>,
        mut id: impl FnMut() -> InvoiceItemId,
        faults: &mut Faults,
    ) -> Vec<InvoiceItem> {
        let mut lines = Vec::new();
        for (index, item) in self.0.into_iter().enumerate() {
            lines.extend(item.priced(currency, prices, &at.index(index), id(), faults));
        }
        lines
    }
}

impl NewInvoiceItem {
    fn priced(
        self,
        currency: Currency,
        prices: &Priced,
        at: &Location<'_>,
        id: InvoiceItemId,
        faults: &mut Faults,
    ) -> Option<InvoiceItem> {
        let quantity = self.quantity.map_or(1, Integer::get);
        let given = [
            ("unit_amount", self.unit_amount.is_some()),
            ("unit_amount_atom", self.unit_amount_atom.is_some()),
            ("amount", self.amount.is_some()),
            ("amount_atom", self.amount_atom.is_some()),
            ("price_id", self.price_id.is_some()),
        ];
        let count = given.iter().filter(|(_, given)| *given).count();
        if count != 1 {
            let hint = "needs exactly one of unit_amount, unit_amount_atom, amount, amount_atom and \
                        price_id";
            faults.not_understood(at, "required", hint);
            return None;
        }
        if let Some(price_id) = self.price_id {
            let field = at.field("price_id");
            let (price, name) = prices.usable(&price_id, currency, &field, faults)?;
            let name = self.name.map_or_else(|| name.to_owned(), |name| name.as_str().to_owned());
            if price.meter_id().is_some() {
                let hint = "is a metered price: it is billed by a subscription, for what was used";
                faults.not_valid(&field, "metered", hint);
                return None;
            }
            let amount = noted(price.amount(quantity), &field, faults)?;
            let mut item = InvoiceItem::new(id, name, quantity, amount);
            let units = Decimal::from_atoms(Atoms::new(quantity));
            item = item.calculated(Calculation::of(&price.pricing(), units, amount));
            item = item.taxed(&prices.taxes_named(self.tax_rate_ids.as_ref(), Some(&price_id)));
            item.price_id = Some(price_id);
            item.unit_amount_atom = price.unit_amount_atom();
            return Some(item.described(self.description, self.metadata));
        }
        let Some(name) = self.name else {
            return faults.missing(&at.field("name"));
        };
        let mut exact = None;
        let (unit, amount) =
            match (self.unit_amount, self.unit_amount_atom, self.amount, self.amount_atom) {
                (Some(unit), ..) => {
                    let amount = unit.major_times(quantity, currency).map_err(Error::from);
                    exact = unit.major_to_minor(currency).ok();
                    (
                        unit.major_to_atoms(currency).ok(),
                        noted(amount, &at.field("unit_amount"), faults)?,
                    )
                }
                (_, Some(unit), ..) => {
                    let amount = Decimal::from_atoms(unit).times(quantity);
                    exact = Some(Decimal::from_atoms(unit));
                    (Some(unit), noted(amount, &at.field("unit_amount_atom"), faults)?)
                }
                (_, _, Some(amount), _) => {
                    let amount = amount.major_to_atoms(currency);
                    (None, noted(amount, &at.field("amount"), faults)?)
                }
                (_, _, _, amount) => (None, amount.unwrap_or_default()),
            };
        let mut item = InvoiceItem::new(id, name.as_str().to_owned(), quantity, amount);
        item.unit_amount_atom = unit;
        item.calculation = exact.map(|unit| Calculation::of_units(unit, quantity, amount));
        item = item.taxed(&prices.taxes_named(self.tax_rate_ids.as_ref(), None));
        Some(item.described(self.description, self.metadata))
    }
}

impl InvoiceItem {
    fn described<const MAX: usize>(
        self,
        description: Option<Text<0, MAX>>,
        metadata: Option<Metadata>,
    ) -> Self {
        Self {
            description: description.map(|text| text.as_str().to_owned()),
            metadata: metadata.unwrap_or_default(),
            ..self
        }
    }
}

/// The amount, or its fault noted at its place.
fn noted<E: Into<Error>>(
    amount: Result<Atoms, E>,
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<Atoms> {
    match amount.map_err(Into::into) {
        Ok(amount) => Some(amount),
        Err(Error::Faulty(why)) => {
            let fault = why.iter().next();
            let code = fault.map_or("invalid", |fault| fault.code.as_str());
            let hint = match code {
                "too_many_decimals" => "has more decimals than the currency",
                _ => "is larger than an amount may be",
            };
            faults.not_valid(at, code, hint);
            None
        }
        Err(_) => None,
    }
}
