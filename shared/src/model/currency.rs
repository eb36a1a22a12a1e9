//! The currencies that something may be billed in, as a client reads them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    base::{
        input::input,
        money::Currency,
        page::{Limit, Offset, PageRequest},
    },
    model::{entity::Representation, processor::ProcessorType},
};

input! {
    /// Which part of the currencies a client asks for.
    pub struct CurrencyQuery {
        /// How many currencies to return, 50 when left out.
        limit: Option<Limit>,
        /// How many currencies to skip, from the first.
        offset: Option<Offset>,
    }
}

/// A currency that something may be billed in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SupportedCurrency {
    /// Its ISO 4217 code in lower case.
    code: Currency,
    /// How many decimals its amounts have: an `_atom` is 10 to the minus this many of it.
    digits: u32,
    /// The processors that expect something else, and what.
    processors: Vec<ProcessorAmounts>,
}

/// What a type of processor expects of the amounts of a currency, where that is not what is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProcessorAmounts {
    /// The type of the processor.
    #[serde(rename = "type")]
    pub kind: ProcessorType,
    /// How many decimals amounts have there: in its dashboard, its exports and its own API.
    pub digits: u32,
    /// It takes an `_atom` amount that is a multiple of this; another one is refused.
    pub multiple_of_atom: i64,
}

impl SupportedCurrency {
    /// A currency, with what processors expect of it that is not usual.
    pub fn new(code: Currency, processors: Vec<ProcessorAmounts>) -> Self {
        Self { code, digits: code.minor_units(), processors }
    }
}

/// A page of the currencies.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CurrencyPage {
    /// The page, in the order of the codes.
    items: Vec<SupportedCurrency>,
    /// How many there are, whatever the page.
    total: usize,
    /// Whether there are more after this page.
    has_more: bool,
}

impl CurrencyPage {
    /// The part of `all` that is asked for.
    pub fn of(all: Vec<SupportedCurrency>, query: &CurrencyQuery) -> Self {
        let page = PageRequest::new(query.limit, query.offset);
        let total = all.len();
        let has_more = page.offset().saturating_add(page.limit()) < total;
        let items = all.into_iter().skip(page.offset()).take(page.limit()).collect();
        Self { items, total, has_more }
    }
}

impl Representation for CurrencyPage {
    fn example() -> Value {
        json!({
            "items": [
                {"code": "isk", "digits": 0, "processors": [
                    {"type": "stripe", "digits": 2, "multiple_of_atom": 1},
                ]},
                {"code": "jpy", "digits": 0, "processors": []},
            ],
            "total": 150,
            "has_more": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::input::{Faults, Input, Json, Location};

    fn page(query: &str) -> (usize, usize, bool) {
        let json = Json::parse(query).unwrap();
        let mut faults = Faults::default();
        let query = CurrencyQuery::read(&json, &Location::query(), &mut faults).unwrap();
        let all = Currency::current().into_iter().take(60);
        let all = all.map(|code| SupportedCurrency::new(code, Vec::new())).collect();
        let page = CurrencyPage::of(all, &query);
        (page.items.len(), page.total, page.has_more)
    }

    #[test]
    fn a_page_is_cut_as_those_of_other_lists_are() {
        assert_eq!(page("{}"), (50, 60, true));
        assert_eq!(page(r#"{"limit": 100}"#), (60, 60, false));
        assert_eq!(page(r#"{"limit": 10, "offset": 50}"#), (10, 60, false));
        assert_eq!(page(r#"{"limit": 10, "offset": 49}"#), (10, 60, true));
        assert_eq!(page(r#"{"offset": 9223372036854775807}"#), (0, 60, false));
    }
}
