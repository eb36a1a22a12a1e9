//! Lists, due dates and claims: what the table holds of them is what the objects ask for.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    base::time::Clock,
    model::list::{List, id_of, member_at},
    store::Recount,
};

use super::{
    books::{Book, Books},
    report::Check,
};

/// An object is in exactly the lists that it says it is in, and each list's tree is sound.
pub(super) fn lists(books: &Books) -> Check {
    let rule = "the members of a list, counted again from its tree and its log, are the objects that \
                say they are in it";
    let mut check = Check::new("lists", rule);
    for book in books.accounts() {
        let mut named: BTreeMap<String, String> = BTreeMap::new();
        let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for object in book.objects.values() {
            for (list, member) in &object.derived.lists {
                asked.entry(list).or_default().insert(member);
            }
        }
        let none = Recount::default();
        for list in named_lists(book) {
            let asked = asked.remove(list.as_str()).unwrap_or_default();
            let (own, subset) = (book.lists.get(&list).unwrap_or(&none), List::named(&list));
            let whole = subset
                .subset_of()
                .and_then(|(whole, filter)| Some((book.lists.get(whole.name())?, filter)));
            let list = &list;
            let recounted = match own.members(whole, &book.nodes) {
                Ok(recounted) => recounted,
                Err(why) => {
                    check.expect(false, || format!("{list}: {why}"));
                    continue;
                }
            };
            for node in recounted.nodes {
                if let Some(other) = named.insert(node.clone(), list.clone()) {
                    check.expect(false, || format!("node {node} is {list}'s and {other}'s"));
                }
            }
            for stray in recounted.strays {
                check.expect(false, || format!("{list}: {stray} came twice, or went unseen"));
            }
            by_places(&mut check, list, book, &recounted.placed);
            let members: BTreeSet<&str> = recounted.members.iter().map(String::as_str).collect();
            for id in asked.union(&members) {
                let (is, says) = (members.contains(id), asked.contains(id));
                check.expect(is == says, || match is {
                    true => format!("{id} is in {list}, and does not say so"),
                    false => format!("{id} is not in {list}, and says it is"),
                });
            }
        }
        for (list, ids) in asked {
            let ids: Vec<_> = ids.into_iter().collect();
            check
                .expect(false, || format!("{list} does not exist, and {ids:?} say they are in it"));
        }
    }
    check
}

/// The names of all lists: those that have items of their own, and the subsets of these.
fn named_lists(book: &Book) -> BTreeSet<String> {
    let subsets = book.lists.iter().flat_map(|(list, recount)| {
        let whole = List::named(list);
        recount.subsets().into_iter().map(move |filter| whole.subset(&filter).name().to_owned())
    });
    book.lists.keys().cloned().chain(subsets).collect()
}

/// What a list's index says of a member's places is what its object says.
fn by_places(check: &mut Check, list: &str, book: &Book, placed: &[String]) {
    let mut by_id: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for member in placed {
        by_id.entry(id_of(member)).or_default().insert(member);
    }
    for (id, is) in by_id {
        let says = book.objects.get(id).map_or(&[][..], |object| &object.derived.places);
        let says: BTreeSet<String> = says.iter().map(|place| member_at(place, id)).collect();
        check.expect(says.iter().map(String::as_str).collect::<BTreeSet<_>>() == is, || {
            format!("{list}: {id} is at {is:?}, and says that it is at {says:?}")
        });
    }
}

/// Every object has entered the lists that came after it was stored.
pub(super) fn backfilled(books: &Books) -> Check {
    let rule = "each object has entered the lists of filters that came after it was stored";
    let mut check = Check::new("backfill", rule);
    for book in books.accounts() {
        for (id, object) in &book.objects {
            let behind = &object.derived.behind;
            check.expect(behind.is_empty(), || {
                format!("{id} is not where it says yet: {}; run the backfill", behind.join(", "))
            });
        }
    }
    check
}

/// The due index holds exactly what is due, when it is.
pub(super) fn due(books: &Books) -> Check {
    let rule =
        "the due index has an entry for each object that is due, at its instant, and no other";
    let mut check = Check::new("due", rule);
    for book in books.accounts() {
        let asked: BTreeMap<&str, &str> = book
            .objects
            .iter()
            .filter_map(|(id, object)| Some((object.derived.due.as_deref()?, id.as_str())))
            .collect();
        matched(&mut check, &asked, &book.due);
    }
    check
}

/// A staging account of which something is due, or will be by a clock that runs, has a wake by which a
/// sweep finds it then. Before the first sweep that looks at all accounts there may be none.
pub(super) fn wakes(books: &Books) -> Check {
    let rule = "a staging account has a wake for when something of it is due";
    let mut check = Check::new("wakes", rule);
    for (id, book) in books.named_accounts().filter(|_| books.are_rounded()) {
        let Some(at) = id.starts_with("acc_stg_").then(|| wanted(book)).flatten() else { continue };
        let wake = book.wakes.iter().min();
        check.expect(wake.is_some_and(|wake| *wake <= at), || {
            format!("{id} wants looking at {at}, and its first wake is {wake:?}")
        });
    }
    check
}

/// The latest instant of real time at which a sweep must look at an account.
fn wanted(book: &Book) -> Option<String> {
    let now = Clock.now().to_string();
    let stop = |name: &str| book.clock.get("stop")?.get(name)?.as_str();
    let failed = stop("failure").is_some();
    if stop("target").is_some() && !failed {
        return Some(now);
    }
    let instant = |key: &String| {
        let (_, sk) = key.split_once('/')?;
        sk.split('#').next().map(str::to_owned)
    };
    let first = book.due.keys().filter_map(instant).min()?;
    match stop("now") {
        Some(stands) => (first.as_str() <= stands).then_some(now),
        None => Some(first.max(now)),
    }
}

/// What is in the key of a claim that outlives its object.
const LET_GO: &str = "#U#payment_methods.source/";

/// What is claimed is claimed by the object that says so.
pub(super) fn claims(books: &Books) -> Check {
    let rule = "each unique value, period and token is claimed by the object that has it; what is \
                relied on exists";
    let mut check = Check::new("claims", rule);
    for book in books.accounts() {
        let mut asked: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, object) in &book.objects {
            let expired = object.text("expires_at");
            for key in &object.derived.companions {
                // The table itself removes the look-up of a token that has expired.
                let may_be_gone = key.starts_with("TOK#") && !expired.is_empty();
                if may_be_gone && !book.claims.contains_key(key) {
                    continue;
                }
                if let Some(other) = asked.insert(key, id) {
                    check.expect(false, || format!("{key}: both {other} and {id} have it"));
                }
            }
        }
        // The name of a card that was removed stays claimed, so that no event brings it back.
        let is_let_go =
            |key: &str, owner: &str| key.contains(LET_GO) && !book.objects.contains_key(owner);
        let mut there = book.claims.clone();
        there.retain(|key, owner| !is_let_go(key, owner));
        matched(&mut check, &asked, &there);
        for id in &book.marks {
            check.expect(book.objects.contains_key(id), || {
                format!("{id} is marked as relied on, and does not exist")
            });
        }
    }
    check
}

/// The keys that are `asked` for are `there`, with the same owner, and no others.
fn matched(check: &mut Check, asked: &BTreeMap<&str, &str>, there: &BTreeMap<String, String>) {
    for (key, id) in asked {
        let owner = there.get(*key).map(String::as_str);
        check.expect(owner == Some(id), || match owner {
            Some(owner) => format!("{key} belongs to {owner}, and {id} has it"),
            None => format!("{key} of {id} is missing"),
        });
    }
    for (key, owner) in there.iter().filter(|(key, _)| !asked.contains_key(key.as_str())) {
        check.expect(false, || format!("{key} is there, and {owner} does not ask for it"));
    }
}
