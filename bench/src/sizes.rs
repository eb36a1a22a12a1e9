//! How large the binaries are, and what is uploaded of each.
//!
//! A zip is the deflated binary and 130 bytes around it, so the binary is deflated at level 9 and no
//! zip is written. Measured are the binaries of this machine's architecture, as `cargo build` made
//! them; `make build` makes those of arm64, which differ by a few percent.

use crate::{
    Setup,
    report::{Figure, Report, Table, line, number},
    root,
};
use anyhow::{Context, Result};
use flate2::{Compression, write::ZlibEncoder};
use local::Template;
use serde_json::{Map, Value, json};
use std::{fs, io::Write as _, path::Path};

const MAX_ZIP_MB: f64 = 3.0;
const ZIP_OVERHEAD: usize = 130;

struct Size {
    bin: String,
    binary: Figure,
    zip: Figure,
}

/// Measures the binary of every function, those without a route too.
pub(crate) fn run(setup: &Setup) -> Result<Report> {
    let template = Template::load(root().join("template.yaml"))?;
    let folder = setup.binaries()?;
    line(&format!("sizes: {} binaries …\n", template.functions().len()));
    let sizes = template.functions().iter().map(|function| size(&folder, &function.bin));
    let mut sizes: Vec<Size> = sizes.collect();
    let by_zip = |size: &Size| size.zip.value().unwrap_or(f64::MAX);
    sizes.sort_by(|left, right| {
        by_zip(left).total_cmp(&by_zip(right)).then_with(|| left.bin.cmp(&right.bin))
    });

    let title = "SIZES, in MB of 10⁶ bytes: the smallest, the middle one, the largest, and any above \
                 the aim.";
    let zip = format!("zip MB ≤{MAX_ZIP_MB}");
    let mut table = Table::new(title, &["binary", "MB", &zip]);
    let shown = [0, sizes.len() / 2, sizes.len().saturating_sub(1)];
    for (place, size) in sizes.iter().enumerate() {
        if shown.contains(&place) || by_zip(size) > MAX_ZIP_MB {
            let cells = vec![
                size.bin.clone(),
                table.cell(&size.bin, "binary MB", &size.binary, None),
                table.cell(&size.bin, "zip MB", &size.zip, Some(MAX_ZIP_MB)),
            ];
            table.row(cells);
        }
    }
    let mut report = Report { text: table.render(), ..Report::default() };
    let entry = |size: &Size| {
        (size.bin.clone(), json!({"binary_mb": size.binary.json(), "zip_mb": size.zip.json()}))
    };
    let binaries: Map<String, Value> = sizes.iter().map(entry).collect();
    report.results.insert("binaries".to_owned(), Value::Object(binaries));
    report.results.insert("missed".to_owned(), table.missed());
    Ok(report)
}

fn size(folder: &Path, bin: &str) -> Size {
    let path = folder.join(bin);
    let read = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()));
    let megabytes = |bytes: usize| number(bytes) / 1e6;
    let (binary, zip) = match read {
        Ok(bytes) => (Figure::of(megabytes(bytes.len())), deflated(&bytes).map(megabytes).into()),
        Err(error) => {
            (Figure::missing(format!("{error:#}")), Figure::missing("there is no binary"))
        }
    };
    Size { bin: bin.to_owned(), binary, zip }
}

/// How many bytes a zip of `bytes` has.
fn deflated(bytes: &[u8]) -> Result<usize> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() + ZIP_OVERHEAD)
}
