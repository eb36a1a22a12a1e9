//! What an audit comes to: for each check how much was looked at, and what was found.

use std::fmt;

/// How many findings of one check are shown.
const SHOWN: usize = 20;

/// The result of an audit.
#[derive(Debug, Clone)]
pub struct Report {
    /// How many items were read.
    pub items: usize,
    /// How many accounts they belong to.
    pub accounts: usize,
    /// Each check.
    pub checks: Vec<Check>,
}

/// One rule, held against everything it is about.
#[derive(Debug, Clone)]
pub struct Check {
    /// What it is called.
    pub name: &'static str,
    /// What must hold.
    pub rule: &'static str,
    /// How often it was looked for.
    pub count: usize,
    /// Where it does not hold.
    pub findings: Vec<String>,
}

impl Check {
    pub(super) fn new(name: &'static str, rule: &'static str) -> Self {
        Self { name, rule, count: 0, findings: Vec::new() }
    }

    /// Notes that the rule was looked for, and what was `found` where it does not hold.
    pub(super) fn expect(&mut self, holds: bool, found: impl FnOnce() -> String) {
        self.count += 1;
        if !holds {
            self.findings.push(found());
        }
    }
}

impl Report {
    /// Whether everything holds.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.findings.is_empty())
    }

    /// Everything that was found, each with the name of its check.
    pub fn findings(&self) -> Vec<String> {
        let of = |check: &Check| {
            let name = check.name;
            check.findings.iter().map(move |one| format!("{name}: {one}")).collect::<Vec<_>>()
        };
        self.checks.iter().flat_map(of).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} items of {} accounts\n", self.items, self.accounts)?;
        writeln!(f, "  {:<12}  {:>9}  {:>8}  what must hold", "check", "looked at", "findings")?;
        for check in &self.checks {
            let (name, rule, found) = (check.name, check.rule, check.findings.len());
            writeln!(f, "  {name:<12}  {:>9}  {found:>8}  {rule}", check.count)?;
        }
        for check in self.checks.iter().filter(|check| !check.findings.is_empty()) {
            writeln!(f, "\n{}", check.name)?;
            for finding in check.findings.iter().take(SHOWN) {
                writeln!(f, "  {finding}")?;
            }
            if let Some(more) = check.findings.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                writeln!(f, "  … and {more} more")?;
            }
        }
        Ok(())
    }
}
