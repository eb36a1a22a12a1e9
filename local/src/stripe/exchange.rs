//! Each request and its answer, as a line of JSON: what the requests and answers of a test run are held
//! against Stripe's own document by (`make stripe-conformance`).

use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result};
use http::header::HeaderMap;
use serde_json::json;

use super::answer::Answer;

/// A file of exchanges.
pub(super) struct Exchanges(File);

/// How many files this process has begun.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

impl Exchanges {
    /// A new file in a folder.
    pub(super) fn below(folder: &Path) -> Result<Self> {
        let number = BEGUN.fetch_add(1, Ordering::Relaxed);
        let name = folder.join(format!("{}-{number}.jsonl", std::process::id()));
        let file = File::create(&name);
        file.map(Self).with_context(|| format!("exchanges cannot be kept in {}", name.display()))
    }

    /// What cannot be written is missed by whoever counts the lines.
    pub(super) fn write(
        &mut self,
        asked: &str,
        form: &[(String, String)],
        headers: &HeaderMap,
        (status, body): &Answer,
    ) {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (method, path) = asked.split_once(' ').unwrap_or_default();
        let line = json!({
            "method": method, "path": path, "form": form, "status": status, "body": body,
            "version": header("stripe-version"),
        });
        let _ = writeln!(self.0, "{line}");
    }
}
