//! `local export`, `local restore` and `local restore-drill`: a table as files and back.

use crate::{audit, dev::beside, print};
use anyhow::{Context, Result, bail};
use clap::Args;
use local::{
    Options, Stack, Template,
    accounts::Credentials,
    backup::{drill, export, restore},
    engine::{Engine, Storage},
};
use std::path::{Path, PathBuf};

/// Where data is, and what it is the data of.
#[derive(Args)]
pub(crate) struct Data {
    /// The folder of the data; no stack may be running on it.
    #[arg(long, default_value = ".dev/data")]
    data: PathBuf,
    /// The template.
    #[arg(long, default_value = "template.yaml")]
    template: PathBuf,
}

/// The arguments of `local restore-drill`.
#[derive(Args)]
pub(crate) struct DrillArgs {
    #[command(flatten)]
    from: Data,
    /// The file with the tokens of the accounts that read everything.
    #[arg(long, default_value = ".dev/credentials.json")]
    credentials: PathBuf,
}

/// Writes the table into files below `into`.
pub(crate) async fn write(from: Data, into: &Path) -> Result<()> {
    exists(&from.data)?;
    let table = Template::load(&from.template)?.table()?.name.clone();
    let engine = Engine::start(&Storage::Folder(from.data), 0).await?;
    let exported = export(&engine.url, &table, into).await;
    engine.stop().await;
    let (folder, summary) = exported?;
    print::line(&format!("{} items in {}", summary.item_count, folder.display()));
    Ok(())
}

/// Makes new data of the export in `from`, and audits it.
pub(crate) async fn read(from: &Path, into: Data) -> Result<()> {
    if into.data.join("dynamodb.sqlite").exists() {
        bail!("there is data in {} already; name another folder", into.data.display());
    }
    let template = Template::load(&into.template)?;
    let table = template.table()?;
    let engine = Engine::start(&Storage::Folder(into.data), 0).await?;
    engine.ensure_table(table).await?;
    let importer = engine.importer(&table.name);
    let restored = restore(from, |items| std::future::ready(importer.put(items))).await;
    let audited = match restored {
        Ok(summary) => {
            print::line(&format!("{} items as of {}", summary.item_count, summary.export_time));
            audit::of(&engine.url, &table.name).await
        }
        Err(error) => Err(error),
    };
    engine.stop().await;
    audited
}

/// Exports the data, restores it beside, audits it and compares what the two answer.
pub(crate) async fn practise(args: DrillArgs) -> Result<()> {
    exists(&args.from.data)?;
    let text = std::fs::read_to_string(&args.credentials)
        .with_context(|| format!("no tokens in {}", args.credentials.display()))?;
    let known: Credentials = serde_json::from_str(&text)?;
    let tokens = [known.prod.secret_token, known.stg.secret_token];
    let fresh =
        Options { template: args.from.template, binaries: beside(false)?, ..Options::default() };
    let options = Options { data: Some(args.from.data), workers: false, ..fresh.clone() };
    let (stack, folder) = (Stack::start(options).await?, tempfile::tempdir()?);
    let drilled = drill(&stack, &tokens, fresh, folder.path()).await;
    stack.shutdown().await;
    let drilled = drilled?;
    print::line(&format!(
        "{}\n{} items exported in {} ms and restored in {} ms; {} answers compared, {} different",
        drilled.report,
        drilled.items,
        drilled.exported_in.as_millis(),
        drilled.restored_in.as_millis(),
        drilled.answers,
        drilled.different.len(),
    ));
    drilled.different.iter().for_each(|path| print::line(&format!("different: {path}")));
    match drilled.report.is_clean() && drilled.different.is_empty() {
        true => Ok(()),
        false => bail!("what was restored is not what there was"),
    }
}

fn exists(data: &Path) -> Result<()> {
    match data.is_dir() {
        true => Ok(()),
        false => bail!("there is no data in {}; `make dev` makes some", data.display()),
    }
}
