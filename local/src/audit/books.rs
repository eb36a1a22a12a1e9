//! The items of a table by account, sorted by what they are; what is not needed later is not kept.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use shared::{
    model::processor::Entry,
    store::{ListNode, Recount, key::COMPACTIONS},
};

use super::{
    figures::FiguresBook,
    happened::Happened,
    item::{number, text},
    kinds::{self, Derived},
    report::Check,
    scan::Item,
    usage::UsageBook,
};

/// What the table says, account by account.
#[derive(Debug, Default)]
pub(super) struct Books {
    accounts: BTreeMap<String, Book>,
    items: usize,
    /// Whether all staging accounts have been looked at, so that each has the wakes that it needs.
    rounded: bool,
    /// Items that nothing explains.
    strange: Vec<String>,
}

/// What the table says of one account.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// Its objects by id.
    pub(super) objects: BTreeMap<String, Object>,
    /// The log and the head of each list, by its name.
    pub(super) lists: BTreeMap<String, Recount>,
    /// The nodes of all lists' trees, by name.
    pub(super) nodes: HashMap<String, ListNode>,
    /// The owner of each claimed key.
    pub(super) claims: BTreeMap<String, String>,
    /// The object of each entry of the due index, by the entry's key.
    pub(super) due: BTreeMap<String, String>,
    /// Of a staging account: when, in real time, the sweeper is to look at it.
    pub(super) wakes: Vec<String>,
    /// And its clock.
    pub(super) clock: Item,
    /// The objects that are marked as relied on.
    pub(super) marks: Vec<String>,
    /// How many numbers were taken from each sequence.
    pub(super) sequences: BTreeMap<String, u64>,
    /// What happened to each object.
    pub(super) history: BTreeMap<String, Vec<Happened>>,
    /// The test processor's record.
    pub(super) entries: Vec<Entry>,
    /// What is counted of MRR and cash.
    pub(super) figures: FiguresBook,
    /// Events of usage, and what is counted.
    pub(super) usage: UsageBook,
}

/// An object as it is stored, and what follows from that.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) stored: Item,
    pub(super) derived: Derived,
}

impl Object {
    /// A text, or the empty one where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        text(&self.stored, name)
    }

    /// A number, or 0 where there is none.
    pub(super) fn number(&self, name: &str) -> i128 {
        number(&self.stored, name)
    }

    /// Whether a field is true.
    pub(super) fn is(&self, name: &str) -> bool {
        self.stored.get(name) == Some(&Value::Bool(true))
    }
}

impl Book {
    /// The objects whose ids begin with `prefix`.
    pub(super) fn of<'a>(&'a self, prefix: &str) -> impl Iterator<Item = (&'a str, &'a Object)> {
        let prefix = format!("{prefix}_");
        let from = self.objects.range(prefix.clone()..);
        from.take_while(move |(id, _)| id.starts_with(&prefix))
            .map(|(id, object)| (id.as_str(), object))
    }

    fn enter(&mut self, rest: &str, sk: &str, mut item: Item) -> Result<(), String> {
        let key = || format!("{}/{sk}", text(&item, "PK"));
        let owner = || text(&item, "owned_by").to_owned();
        match rest.split('#').next().unwrap_or_default() {
            "L" => {
                let mut parts = rest.split('#').skip(1);
                let list = parts.next().ok_or("an operation of no list")?.to_owned();
                let partition = parts.next().and_then(|number| number.parse().ok());
                let partition = partition.ok_or("an operation in no partition")?;
                self.lists.entry(list).or_default().enter(partition, sk, &item)?;
            }
            "N" => {
                let name = rest.strip_prefix("N#").unwrap_or_default().to_owned();
                let node = ListNode::from_item(&item).ok_or("a list's node that cannot be read")?;
                self.nodes.insert(name, node);
            }
            "U" => {
                self.claims.insert(key(), owner());
            }
            "DUE" => {
                self.due.insert(key(), owner());
            }
            "SEQ" => {
                let taken = item.get("version").and_then(Value::as_u64).unwrap_or_default();
                self.sequences.insert(sk.to_owned(), taken);
            }
            "TESTPROC" if !sk.starts_with("x_") => {
                let entry = serde_json::from_value(Value::Object(item));
                self.entries.push(entry.map_err(|error| error.to_string())?);
            }
            "ME" => self.usage.event(rest.strip_prefix("ME#").unwrap_or_default(), &item)?,
            "MB" => self.usage.batch(rest.strip_prefix("MB#").unwrap_or_default(), &item),
            "MU" => self.usage.counter(rest.strip_prefix("MU#").unwrap_or_default(), sk, &item)?,
            "MV" => self.usage.value(rest.strip_prefix("MV#").unwrap_or_default(), sk, &item)?,
            "MX" => self.usage.log(rest.strip_prefix("MX#").unwrap_or_default(), sk, &item)?,
            "AN" => self.figures.enter(sk, item)?,
            "G" if owner().contains('#') => {}
            "CLOCK" => self.clock = item,
            // What repeats an answer, or is the processor's memory.
            "IDEM" | "TESTPROC" => {}
            // What was asked, for a week.
            "RL" => {}
            // How a webhook endpoint is doing, which nothing follows from.
            _ if sk == "health" => {}
            id if sk == "mark" => self.marks.push(id.to_owned()),
            id if sk == "object" => {
                item.shift_remove("PK");
                item.shift_remove("SK");
                self.enter_object(id, item)?;
            }
            _ => return Err("an item of no known sort".to_owned()),
        }
        Ok(())
    }

    fn enter_object(&mut self, id: &str, mut stored: Item) -> Result<(), String> {
        let mut derived = kinds::read(id, stored.clone())?;
        if derived.id != id || derived.account != text(&stored, "account_id") {
            return Err(format!("the object under this key is {}", derived.id));
        }
        if id.starts_with("evt_") {
            let (subject, happened) = Happened::read(&mut stored)?;
            self.history.entry(subject).or_default().push(happened);
            derived.shown.clear();
            stored.clear();
        }
        self.objects.insert(id.to_owned(), Object { stored, derived });
        Ok(())
    }
}

impl Books {
    /// Takes an item in.
    pub(super) fn enter(&mut self, item: Item) {
        self.items += 1;
        let (pk, sk) = (text(&item, "PK").to_owned(), text(&item, "SK").to_owned());
        if let Err(why) = self.sorted(&pk, &sk, item) {
            self.strange.push(format!("{pk}/{sk}: {why}"));
        }
    }

    fn sorted(&mut self, pk: &str, sk: &str, item: Item) -> Result<(), String> {
        let owner = || text(&item, "owned_by").to_owned();
        if pk == COMPACTIONS {
            return Ok(());
        }
        let (first, rest) = pk.split_once('#').ok_or("a key of no known form")?;
        match first {
            // What challenges are signed with, and which were answered: nothing follows from it.
            "RATE" | "CHAL" => Ok(()),
            "TOK" | "PROC" => {
                let book = self.book(text(&item, "account_id"));
                book.claims.insert(format!("{pk}/{sk}"), owner());
                Ok(())
            }
            "DUE" if rest == "stg" => {
                self.book(sk).claims.insert(format!("{pk}/{sk}"), owner());
                Ok(())
            }
            "DUE" if rest == "round" => {
                self.rounded = true;
                Ok(())
            }
            "DUE" if rest.starts_with('s') => {
                let (at, wake) = sk.split_once('#').ok_or("a wake of no instant")?;
                let account = wake.split('#').next().filter(|account| account.starts_with("acc_"));
                let account = account.ok_or("a wake of no account")?;
                self.book(account).wakes.push(at.to_owned());
                Ok(())
            }
            "DUE" if rest.starts_with('w') => {
                let account = sk.split('#').nth(1).ok_or("a due delivery of no account")?;
                self.book(account).claims.insert(format!("{pk}/{sk}"), owner());
                Ok(())
            }
            "DUE" => {
                let account = sk.split('#').nth(1).ok_or("a due date of no account")?;
                self.book(account).due.insert(format!("{pk}/{sk}"), owner());
                Ok(())
            }
            account if account.starts_with("acc_") => self.book(account).enter(rest, sk, item),
            _ => Err("a key of no known form".to_owned()),
        }
    }

    fn book(&mut self, account: &str) -> &mut Book {
        self.accounts.entry(account.to_owned()).or_default()
    }

    /// The same, by the accounts' ids.
    pub(super) fn named_accounts(&self) -> impl Iterator<Item = (&str, &Book)> {
        self.accounts.iter().map(|(id, book)| (id.as_str(), book))
    }

    /// Whether each staging account has the wakes that it needs.
    pub(super) fn are_rounded(&self) -> bool {
        self.rounded
    }

    /// Each account's items.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Book> {
        self.accounts.values()
    }

    /// Whether each item is of a known sort, and each object can be read.
    pub(super) fn readable(&self) -> Check {
        let rule = "each item is of a known sort; each object is under its own id and can be read";
        let mut check = Check::new("items", rule);
        check.count = self.items;
        check.findings.clone_from(&self.strange);
        check
    }
}
