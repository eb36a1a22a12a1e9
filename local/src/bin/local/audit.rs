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

/// Which table is read.
#[derive(Args)]
pub(crate) struct Table {
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

impl Table {
    /// What `read` makes of the URL and the name of the table.
    pub(crate) async fn with<T>(
        self,
        read: impl AsyncFnOnce(&str, &str) -> Result<T>,
    ) -> Result<T> {
        let table = match self.table {
            Some(table) => table,
            None => Template::load(&self.template)?.table()?.name.clone(),
        };
        let Some(url) = self.endpoint else {
            if !self.data.is_dir() {
                bail!("there is no data in {}; `make dev` makes some", self.data.display());
            }
            let engine = Engine::start(&Storage::Folder(self.data), 0).await?;
            let made = read(&engine.url, &table).await;
            engine.stop().await;
            return made;
        };
        read(&url, &table).await
    }
}

/// Audits the table and prints what came of it; an error, where something was found.
pub(crate) async fn run(table: Table) -> Result<()> {
    table.with(of).await
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
