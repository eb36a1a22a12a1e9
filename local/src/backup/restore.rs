//! The items of an export, once its files are what the manifest says.

use super::manifest::{self, DATA, DataFile, Summary};
use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    item: Value,
}

/// Hands the items of the export in `folder`, which has the manifests, to `each`, one file after
/// another; what the export says of itself.
///
/// # Errors
/// When a file is not the one that was exported, an item is missing, or `each` fails.
pub async fn restore<F, Fut>(folder: &Path, mut each: F) -> Result<Summary>
where
    F: FnMut(Vec<Value>) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    let (summary, files) = manifest::read(folder)?;
    let mut items = 0;
    for file in &files {
        let read = items_of(folder, file).with_context(|| file.name().to_owned())?;
        items += read.len();
        each(read).await?;
    }
    if items != summary.item_count {
        bail!("the files have {items} items, and the export had {}", summary.item_count);
    }
    Ok(summary)
}

fn items_of(folder: &Path, file: &DataFile) -> Result<Vec<Value>> {
    let bytes = std::fs::read(folder.join(DATA).join(file.name()))?;
    let checksum = manifest::checksum(&bytes);
    if checksum != file.md5_checksum {
        bail!("its MD5 is {checksum}, and that of what was exported {}", file.md5_checksum);
    }
    let lines = BufReader::new(MultiGzDecoder::new(bytes.as_slice())).lines();
    let items = lines.map(|line| {
        let line: Line = serde_json::from_str(&line?)?;
        Ok(line.item)
    });
    let items: Vec<Value> = items.collect::<Result<_>>()?;
    if items.len() != file.item_count {
        bail!("it has {} items, and the manifest says {}", items.len(), file.item_count);
    }
    Ok(items)
}
