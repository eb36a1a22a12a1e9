//! `local audit`: what must hold of a table, held against every item of it.

use crate::print;
use anyhow::{Context, Result, bail};
use clap::Args;
use local::{
    Template,
    audit::{audit, audit_with_processors},
    engine::{Engine, Storage},
};
use shared::store::outside::Outside;
use std::path::{Path, PathBuf};

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

/// Whether the processors' records are read too.
#[derive(Args)]
pub(crate) struct Processors {
    /// Compare payments, refunds and disputes with the record of each processor outside, by the keys
    /// that the accounts have set: it is read, and nothing is changed there.
    #[arg(long)]
    processors: bool,
    /// The file with the deployment's key for secrets, or more than one, separated by spaces.
    #[arg(long, default_value = ".dev/secrets-key", requires = "processors")]
    secrets_key: PathBuf,
    /// Another Stripe than the one.
    #[arg(long, requires = "processors")]
    stripe_url: Option<String>,
}

impl Processors {
    /// What is asked, if any.
    fn outside(self) -> Result<Option<Outside>> {
        if !self.processors {
            return Ok(None);
        }
        let keys = keys_in(&self.secrets_key)?;
        Ok(Some(Outside::of(self.stripe_url, keys)))
    }
}

fn keys_in(file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("the key for secrets in {}", file.display()))?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// Audits the table and prints what came of it; an error, where something was found.
pub(crate) async fn run(table: Table, processors: Processors) -> Result<()> {
    let outside = processors.outside()?;
    table.with(async |url, table| of_both(url, table, outside.as_ref()).await).await
}

/// Audits the table at `url`.
pub(crate) async fn of(url: &str, table: &str) -> Result<()> {
    of_both(url, table, None).await
}

/// The same, and the records of the processors outside.
async fn of_both(url: &str, table: &str, outside: Option<&Outside>) -> Result<()> {
    let progress = |items| print::progress(&format!("{items} items read"));
    let report = match outside {
        Some(outside) => audit_with_processors(url, table, outside, progress).await?,
        None => audit(url, table, progress).await?,
    };
    print::line(&report.to_string());
    match report.findings().len() {
        0 => Ok(()),
        1 => bail!("1 finding"),
        count => bail!("{count} findings"),
    }
}
