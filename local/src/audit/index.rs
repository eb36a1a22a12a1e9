//! Lists, due dates and claims: what the table holds of them is what the objects ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::{books::Books, report::Check};

/// An object is in exactly the lists that it says it is in.
pub(super) fn lists(books: &Books) -> Check {
    let rule = "an object's operations on a list add up to 1 where it says it is in it, else to 0";
    let mut check = Check::new("lists", rule);
    for book in books.accounts() {
        let mut asked: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (id, object) in &book.objects {
            asked.extend(object.derived.lists.iter().map(|list| (list.as_str(), id.as_str())));
        }
        for ((list, id), sum) in &book.operations {
            let member = asked.remove(&(list.as_str(), id.as_str()));
            check.expect(*sum == i64::from(member), || {
                format!("{id} is {sum} times in {list}, and says {}", i64::from(member))
            });
        }
        for (list, id) in asked {
            check.expect(false, || format!("{id} is not in {list}, and says it is"));
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
        matched(&mut check, &asked, &book.claims);
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
