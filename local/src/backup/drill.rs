//! The drill: a table is exported, restored into a new one, audited, and asked the same as the first.

use super::{Answers, answers, export, restore};
use crate::{
    Options, Stack,
    audit::{Report, audit},
    http::{client, exchange},
};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// What came of a drill.
#[derive(Debug)]
pub struct Drilled {
    /// How many items were exported and restored.
    pub items: usize,
    /// What the auditor says of the new table.
    pub report: Report,
    /// How many answers were compared.
    pub answers: usize,
    /// The paths whose answers are not the same.
    pub different: Vec<String>,
    /// How long it took to export…
    pub exported_in: Duration,
    /// …and from there to a stack that answers.
    pub restored_in: Duration,
}

/// Drills with the table of `stack`, which nobody else should be using: exports it below `folder`,
/// restores it into a stack of its own that is started with `fresh`, audits that, has each of `tokens`
/// read everything from both, and last has a customer made, so that it is known to go on.
///
/// # Errors
/// When a step could not be done. What was found is no error: it is in what is returned.
pub async fn drill(
    stack: &Stack,
    tokens: &[String],
    fresh: Options,
    folder: &Path,
) -> Result<Drilled> {
    let before = read_all(stack, tokens).await.context("before")?;
    let begun = Instant::now();
    let (export, _) = export(stack.dynamodb_url(), stack.table_name(), folder).await?;
    let exported_in = begun.elapsed();
    let begun = Instant::now();
    // What is due is left as it is until it has been compared.
    let restored = Stack::start(Options { workers: false, ..fresh }).await?;
    let summary = restore(&export, |items| restored.import(items)).await?;
    let restored_in = begun.elapsed();
    let report = audit(restored.dynamodb_url(), restored.table_name(), |_| {}).await?;
    let after = read_all(&restored, tokens).await.context("after")?;
    let paths = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
    let different = paths.filter(|path| before.get(*path) != after.get(*path)).cloned().collect();
    for token in tokens {
        goes_on(&restored, token).await?;
    }
    restored.shutdown().await;
    Ok(Drilled {
        items: summary.item_count,
        report,
        answers: before.len(),
        different,
        exported_in,
        restored_in,
    })
}

/// What each token reads; a path is that of its token.
async fn read_all(stack: &Stack, tokens: &[String]) -> Result<Answers> {
    let mut all = Answers::new();
    for (number, token) in tokens.iter().enumerate() {
        let read = answers(stack.template(), &stack.base_url(), token).await?;
        all.extend(
            read.into_iter().map(|(path, answer)| (format!("token {number}: {path}"), answer)),
        );
    }
    Ok(all)
}

/// That a customer can be made.
async fn goes_on(stack: &Stack, token: &str) -> Result<()> {
    let request = Request::post(format!("{}/api/customers", stack.base_url()))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::<Bytes>::from(r#"{"email": "restored@example.com"}"#))?;
    let answer = exchange(&client(), request).await?;
    if answer.status() != StatusCode::OK {
        let body = String::from_utf8_lossy(answer.body());
        bail!("no customer can be made in the restored table: {} {body}", answer.status());
    }
    Ok(())
}
