//! An account's books for an accounting program: in double entry, as CSV, or as a journal of beancount or
//! hledger.
//!
//! What is written is what follows from the events (`shared::model::books`, which a worker on AWS writes too).
//! Books that do not agree with the account's objects are not written at all.

use anyhow::{Context, Result, anyhow, bail};
use jiff::civil::Date;
pub use shared::model::books::Format;
use shared::{base::time::zone_named, model::books::Journal};

use crate::audit;

/// Which books are asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The account; the only one of the table, when left out.
    pub account: Option<String>,
    /// What they are written as.
    pub format: Format,
    /// From this day on.
    pub from: Option<Date>,
    /// Up to this day, which is included.
    pub to: Option<Date>,
}

/// The books of an account of the table at `url`, as text. `progress` is told how many items have been
/// read.
///
/// # Errors
/// When the table cannot be read, when it has no such account or several and none is named, and when the
/// books do not agree with the account's objects.
pub async fn export(
    url: &str,
    table: &str,
    wanted: &Wanted,
    progress: impl FnMut(usize),
) -> Result<String> {
    let journals = audit::journals(url, table, progress).await?;
    let journal = chosen(&journals, wanted.account.as_deref())?;
    let zone = zone_named(&journal.timezone)
        .with_context(|| format!("{:?} is no time zone", journal.timezone))?;
    journal.written(wanted.format, &zone, (wanted.from, wanted.to)).map_err(|why| {
        anyhow!("{why}; `local audit` says more, and a table that is being written is read again")
    })
}

/// The account that is named, or the only one.
fn chosen<'a>(journals: &'a [Journal], account: Option<&str>) -> Result<&'a Journal> {
    let ids = || {
        let ids: Vec<_> = journals.iter().map(|one| one.account.as_str()).collect();
        ids.join(", ")
    };
    match (account, journals) {
        (Some(id), all) => {
            let found = all.iter().find(|one| one.account == id);
            found.with_context(|| format!("the table has no account {id}; it has: {}", ids()))
        }
        (None, [only]) => Ok(only),
        (None, []) => bail!("the table has no account"),
        (None, several) => {
            bail!("name one of the {} accounts with --account: {}", several.len(), ids())
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::model::books::Facts;

    use super::*;

    #[test]
    fn an_account_is_named_where_there_are_several() {
        let of = |id: &str| Journal::of(&Facts::of(id, "", ""), None);
        let two = [of("acc_prod_1"), of("acc_stg_1")];
        let said = |journals: &[Journal], named: Option<&str>| {
            chosen(journals, named)
                .map(|one| one.account.clone())
                .map_err(|error| error.to_string())
        };
        assert_eq!(said(&two[..1], None).unwrap(), "acc_prod_1");
        assert_eq!(said(&two, Some("acc_stg_1")).unwrap(), "acc_stg_1");
        let error = said(&two, None).unwrap_err();
        assert_eq!(error, "name one of the 2 accounts with --account: acc_prod_1, acc_stg_1");
        assert!(said(&two, Some("acc_prod_2")).unwrap_err().contains("no account acc_prod_2"));
        assert!(said(&[], None).unwrap_err().contains("no account"));
    }
}
