//! `local audit`: what must hold of a table, held against every item of it.

use crate::print;
use anyhow::{Result, bail};
use clap::Args;
use local::{
    Template,
    audit::audit,
    engine::{Engine, Storage},
};
use std::path::PathBuf;

/// The arguments of `local audit`.
#[derive(Args)]
pub(crate) struct AuditArgs {
    /// The URL of the DynamoDB that has the table.
    #[arg(long, conflicts_with = "data")]
    endpoint: Option<String>,
    /// The folder of the data, in place of a URL: no stack may be running on it.
    #[arg(long, default_value = ".dev/data")]
    data: PathBuf,
    /// The table; that of the template, when left out.
    #[arg(long)]
    table: Option<String>,
    /// The template.
    #[arg(long, default_value = "template.yaml")]
    template: PathBuf,
}

/// Audits the table and prints what came of it; an error, where something was found.
pub(crate) async fn run(args: AuditArgs) -> Result<()> {
    let table = match args.table {
        Some(table) => table,
        None => Template::load(&args.template)?.table()?.name.clone(),
    };
    let Some(url) = args.endpoint else {
        if !args.data.is_dir() {
            bail!("there is no data in {}; `make dev` makes some", args.data.display());
        }
        let engine = Engine::start(&Storage::Folder(args.data), 0).await?;
        let audited = of(&engine.url, &table).await;
        engine.stop().await;
        return audited;
    };
    of(&url, &table).await
}

/// Audits the table at `url`.
pub(crate) async fn of(url: &str, table: &str) -> Result<()> {
    let progress = |items| print::progress(&format!("{items} items read"));
    let report = audit(url, table, progress).await?;
    print::line(&report.to_string());
    match report.findings().len() {
        0 => Ok(()),
        1 => bail!("1 finding"),
        count => bail!("{count} findings"),
    }
}
