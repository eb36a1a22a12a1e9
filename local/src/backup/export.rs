//! A table as files.

use super::manifest::{self, DATA, DataFile, FILES, FORMAT, SUMMARY, Summary};
use crate::{
    engine::Endpoint,
    template::{ACCOUNT, REGION},
};
use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// How many items a file has at most.
const PER_FILE: usize = 20_000;

/// Writes every item of `table`, at `url`, into `AWSDynamoDB/<id>` below `folder`; where that is, and
/// what is in it. What is written to the table meanwhile may be in it or not: nothing should be.
///
/// # Errors
/// When the table cannot be read or the files not written.
pub async fn export(url: &str, table: &str, folder: &Path) -> Result<(PathBuf, Summary)> {
    let now = crate::clock::now();
    let id = format!("{:014}-{}", now.as_millisecond(), short_name());
    let key = format!("AWSDynamoDB/{id}");
    let folder = folder.join(&key);
    std::fs::create_dir_all(folder.join(DATA))
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut writer = Writer { folder: folder.clone(), key: key.clone(), ..Writer::default() };
    Endpoint::new(url).scan(table, |item| writer.put(&item)).await?;
    writer.end_file()?;
    let summary = Summary {
        version: "2020-06-30".to_owned(),
        table_arn: format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"),
        export_time: now.to_string(),
        manifest_files_s3_key: format!("{key}/{FILES}"),
        item_count: writer.files.iter().map(|file| file.item_count).sum(),
        output_format: FORMAT.to_owned(),
    };
    let lines = writer.files.iter().map(|file| serde_json::to_string(file).map(|text| text + "\n"));
    std::fs::write(folder.join(FILES), lines.collect::<Result<String, _>>()?)?;
    // Last, so that an export that was broken off is none.
    std::fs::write(folder.join(SUMMARY), serde_json::to_vec_pretty(&summary)?)?;
    Ok((folder, summary))
}

/// Eight hexadecimal digits that nothing else is called.
fn short_name() -> String {
    uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect()
}

/// Writes items into one file after another.
#[derive(Default)]
struct Writer {
    folder: PathBuf,
    key: String,
    open: Option<GzEncoder<Vec<u8>>>,
    items: usize,
    files: Vec<DataFile>,
}

impl Writer {
    fn put(&mut self, item: &Value) -> Result<()> {
        let fresh = || GzEncoder::new(Vec::new(), Compression::default());
        let file = self.open.get_or_insert_with(fresh);
        serde_json::to_writer(&mut *file, &json!({"Item": item}))?;
        file.write_all(b"\n")?;
        self.items += 1;
        match self.items {
            PER_FILE => self.end_file(),
            _ => Ok(()),
        }
    }

    fn end_file(&mut self) -> Result<()> {
        let Some(file) = self.open.take() else { return Ok(()) };
        let (bytes, name) = (file.finish()?, format!("{}.json.gz", short_name()));
        std::fs::write(self.folder.join(DATA).join(&name), &bytes)?;
        self.files.push(DataFile {
            item_count: std::mem::take(&mut self.items),
            md5_checksum: manifest::checksum(&bytes),
            data_file_s3_key: format!("{}/{DATA}/{name}", self.key),
        });
        Ok(())
    }
}
