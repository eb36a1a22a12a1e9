//! `local export-books`: what happened to an account's money, for an accounting program.

use crate::{audit::Table, print};
use anyhow::{Result, bail};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::civil::Date;
use local::books::{Format, Wanted, export};
use shared::model::books::Day;

/// The arguments of `local export-books`.
#[derive(Args)]
pub(crate) struct BooksArgs {
    #[command(flatten)]
    table: Table,
    /// The account whose books they are; the only one of the table, when left out.
    #[arg(long)]
    account: Option<String>,
    /// What they are written as.
    #[arg(long, value_parser = PossibleValuesParser::new(Format::ALL.iter().map(|one| one.as_str())).try_map(format))]
    format: Format,
    /// From this day on, such as 2026-01-01: a day of the account's time zone.
    #[arg(long, value_parser = day)]
    from: Option<Date>,
    /// Up to this day, which is included.
    #[arg(long, value_parser = day)]
    to: Option<Date>,
}

/// Writes the books to the standard output: all of them, or nothing.
pub(crate) async fn run(args: BooksArgs) -> Result<()> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from > to
    {
        bail!("--from {from} is after --to {to}");
    }
    let BooksArgs { account, format, from, to, .. } = args;
    let wanted = Wanted { account, format, from, to };
    let progress = |items| print::progress(&format!("{items} items read"));
    let text =
        args.table.with(async |url, table| export(url, table, &wanted, progress).await).await?;
    print::text(&text);
    Ok(())
}

fn format(word: String) -> Result<Format, String> {
    Format::read(&word).ok_or_else(|| "it is no format".to_owned())
}

fn day(text: &str) -> Result<Date, String> {
    let day = Day::read(text).map(|Day(date)| date);
    day.ok_or_else(|| "it is no day such as 2026-01-31".to_owned())
}
