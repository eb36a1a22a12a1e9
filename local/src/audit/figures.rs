//! What is counted for the figures, recounted from the events: version by version of each object.

use std::collections::BTreeMap;

use shared::{
    base::time::Timestamp,
    model::analytics::{ByCurrency, Change, Counted, Days, Prices, Standing, add},
};

use super::{
    books::{Book, Books},
    happened::Happened,
    report::Check,
    scan::Item,
};

/// What an account's figures say.
#[derive(Debug, Default)]
pub(super) struct FiguresBook {
    standing: Option<Standing>,
    /// By turn and day.
    days: BTreeMap<String, ByCurrency>,
}

impl FiguresBook {
    /// Takes an item in.
    pub(super) fn enter(&mut self, sk: &str, mut item: Item) -> Result<(), String> {
        let unreadable = |error: serde_json::Error| format!("figures: {error}");
        if sk == "standing" {
            let standing = serde_json::from_value(serde_json::Value::Object(item));
            self.standing = Some(standing.map_err(unreadable)?);
            return Ok(());
        }
        let counted = item.remove("counted").ok_or("a day of which nothing is counted")?;
        self.days.insert(sk.to_owned(), serde_json::from_value(counted).map_err(unreadable)?);
        Ok(())
    }
}

/// What is counted is what the events come to, day by day.
pub(super) fn counted(books: &Books) -> Check {
    let rule =
        "what the figures count, day by day and in all, is what the events up to theirs come to";
    let mut check = Check::new("figures", rule);
    for (account, book) in books.named_accounts() {
        let Some(standing) = &book.figures.standing else { continue };
        let last = standing.counted_to.as_deref().unwrap_or_default();
        let events = book.of("evt").filter(|(id, _)| *id <= last).count();
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        // The time of a test clock was set back since: what happens then is counted anew.
        let set_back = account.contains("_stg_") && events != standing.events;
        if set_back {
            continue;
        }
        check.expect(events == standing.events, || {
            format!("{account}: {} events are counted of {events} up to {last}", standing.events)
        });
        match recounted(book, last) {
            Ok((days, all)) => compare(&mut check, account, (standing, &days, &all), book),
            Err(why) => check.expect(false, || format!("{account}: {why}")),
        }
    }
    check
}

fn compare(
    check: &mut Check,
    account: &str,
    (standing, days, all): (&Standing, &Days, &ByCurrency),
    book: &Book,
) {
    let turn = format!("{:06}#", standing.turn);
    let of_turn =
        |(sk, by): (&String, &ByCurrency)| Some((sk.strip_prefix(&turn)?.to_owned(), by.clone()));
    let said: BTreeMap<String, ByCurrency> = book.figures.days.iter().filter_map(of_turn).collect();
    for day in days.0.keys().chain(said.keys()) {
        let (is, should) = (said.get(day), days.0.get(day));
        check.expect(is == should, || {
            format!("{account}: {day} says {is:?}, and its events come to {should:?}")
        });
    }
    check.expect(standing.all == *all, || {
        format!("{account}: {:?} in all, and the events come to {all:?}", standing.all)
    });
}

/// What the events up to `last` come to.
fn recounted(book: &Book, last: &str) -> Result<(Days, ByCurrency), String> {
    let read = |object: &Item| {
        serde_json::from_value(serde_json::Value::Object(object.clone()))
            .map_err(|error| format!("a price: {error}"))
    };
    let prices = book.of("price").map(|(_, object)| read(&object.stored));
    let prices: Vec<shared::model::price::Price> = prices.collect::<Result<_, _>>()?;
    let prices: Prices = prices.into_iter().map(|price| (price.id().clone(), price)).collect();
    let (mut days, mut all) = (Days::default(), ByCurrency::new());
    for history in book.history.values() {
        for (at, currency, one) in of_object(history, last, &prices)? {
            let too_large = |_| "more than an amount may be".to_owned();
            days.add(at, currency, &one).map_err(too_large)?;
            add(&mut all, currency, &one).map_err(too_large)?;
        }
    }
    Ok((days, all))
}

type Found = (Timestamp, shared::base::money::Currency, Counted);

fn of_object(history: &[Happened], last: &str, prices: &Prices) -> Result<Vec<Found>, String> {
    let mut versions: BTreeMap<u64, &Happened> = BTreeMap::new();
    for one in history.iter().filter(|one| !one.is_deletion()) {
        // Of several events of one change the first counts.
        let first = versions.entry(one.version).or_insert(one);
        if one.id < first.id {
            *first = one;
        }
    }
    let (mut before, mut found) = (None, Vec::new());
    for one in versions.values() {
        let change = Change::between(before.replace(one.object.clone()), one.object.clone());
        let Some(change) = change.filter(|_| one.id.as_str() <= last) else { continue };
        let counted =
            change.counted(prices).map_err(|_| "more than an amount may be".to_owned())?;
        let at = one.at.ok_or("an event of no instant")?;
        found.extend(counted.map(|(currency, counted)| (at, currency, counted)));
    }
    Ok(found)
}
