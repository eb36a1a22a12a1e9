//! What an export says of itself: DynamoDB's `manifest-summary.json` and `manifest-files.json`.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The names of the two in the folder of an export, and of that of the data.
pub(super) const SUMMARY: &str = "manifest-summary.json";
pub(super) const FILES: &str = "manifest-files.json";
pub(super) const DATA: &str = "data";
/// The one format that is read and written here.
pub(super) const FORMAT: &str = "DYNAMODB_JSON";

/// What an export is of. DynamoDB says more; this is what is relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Of this description.
    pub version: String,
    /// The table.
    pub table_arn: String,
    /// The instant at which the table was as the files say.
    pub export_time: String,
    /// Where the list of the files is, from the bucket's prefix.
    pub manifest_files_s3_key: String,
    /// How many items there are.
    pub item_count: usize,
    /// `DYNAMODB_JSON`.
    pub output_format: String,
}

/// One file of items.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataFile {
    /// How many items are in it.
    pub item_count: usize,
    /// The MD5 of the compressed file, in base 64.
    pub md5_checksum: String,
    /// Where it is, from the bucket's prefix.
    pub data_file_s3_key: String,
}

impl DataFile {
    /// What it is called in the folder of the data.
    pub(super) fn name(&self) -> &str {
        self.data_file_s3_key.rsplit('/').next().unwrap_or_default()
    }
}

/// The MD5 of `bytes`, as a manifest has it.
pub(super) fn checksum(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(&md5::compute(bytes).0)
}

/// The summary of the export in `folder`, and its files.
pub(super) fn read(folder: &Path) -> Result<(Summary, Vec<DataFile>)> {
    let text = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| {
            format!("{} is no folder of an export: {name} cannot be read", folder.display())
        })
    };
    let summary: Summary = serde_json::from_str(&text(SUMMARY)?).context(SUMMARY)?;
    if summary.output_format != FORMAT {
        bail!("the export is in the format {}, and not in {FORMAT}", summary.output_format);
    }
    let files = text(FILES)?.lines().map(serde_json::from_str).collect::<Result<_, _>>();
    Ok((summary, files.context(FILES)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_dynamodb_is_understood() {
        let folder = tempfile::tempdir().unwrap();
        let summary = r#"{
            "version": "2020-06-30", "exportArn": "arn:aws:dynamodb:us-east-1:1:table/t/export/0-a",
            "startTime": "2020-11-04T07:28:34.028Z", "endTime": "2020-11-04T07:33:43.897Z",
            "tableArn": "arn:aws:dynamodb:us-east-1:1:table/t", "tableId": "12345a12",
            "exportTime": "2020-11-04T07:28:34.028Z", "s3Bucket": "b", "s3Prefix": "p",
            "s3SseAlgorithm": "AES256", "s3SseKmsKeyId": null,
            "manifestFilesS3Key": "AWSDynamoDB/0-a/manifest-files.json",
            "billedSizeBytes": 0, "itemCount": 8, "outputFormat": "DYNAMODB_JSON"
        }"#;
        let file = r#"{"itemCount":8,"md5Checksum":"sQMSpEILNgoQmarvDFonGQ==","etag":"af83-1","dataFileS3Key":"AWSDynamoDB/0-a/data/3333.json.gz"}"#;
        std::fs::write(folder.path().join(SUMMARY), summary).unwrap();
        std::fs::write(folder.path().join(FILES), format!("{file}\n")).unwrap();
        let (summary, files) = read(folder.path()).unwrap();
        assert_eq!((summary.item_count, files.len(), files[0].name()), (8, 1, "3333.json.gz"));
        let ion = serde_json::to_string(&Summary { output_format: "ION".to_owned(), ..summary });
        std::fs::write(folder.path().join(SUMMARY), ion.unwrap()).unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("ION"));
    }
}
