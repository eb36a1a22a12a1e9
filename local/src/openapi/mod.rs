//! `openapi.yaml`, from the types and the template.
//!
//! Each fact comes from where it is stated: the template says where a function answers, the first
//! line of its source what it does, and the function itself (`<binary> --describe`) its scope, its
//! parameters and the schemas of what it reads and answers. Written by hand are only the
//! introduction (`introduction.md`) and the words for headers and statuses (`common.rs`).

mod common;
mod document;
mod links;
mod operation;
mod schemas;
#[cfg(test)]
mod shape;
mod yaml;

use crate::{
    binaries::Binaries,
    contents,
    template::{Function, Route, Template},
};
use anyhow::{Context, Result, bail};
use operation::{Described, Operation};
use std::path::Path;

/// The text of `openapi.yaml` for the workspace at `root`, whose functions are `binaries`.
///
/// # Errors
/// When a function has no source file, is not built or cannot describe itself, or when two functions
/// mean different things by one schema name.
pub fn generate(root: &Path, binaries: &Binaries) -> Result<String> {
    let template = Template::load(root.join("template.yaml"))?;
    let sources = contents::sources(root, &template)?;
    let mut operations = Vec::new();
    for function in template.functions() {
        let Some((route, aliases)) = documented(function) else { continue };
        let operation = || -> Result<Operation> {
            let source = sources.get(&function.bin).context("it has no source file")?;
            let text = std::fs::read_to_string(source)
                .with_context(|| format!("cannot read {}", source.display()))?;
            let folder = source.parent().and_then(Path::file_name).unwrap_or_default();
            Operation::new(
                &function.bin,
                route,
                aliases,
                &folder.to_string_lossy(),
                &text,
                describe(binaries, &function.bin)?,
            )
        };
        operations.push(operation().with_context(|| format!("function {}", function.bin))?);
    }
    yaml::emit(&document::document(&operations)?)
}

/// The route a function is documented at, and what else it answers at. The form with the account in
/// its path is left out: the introduction explains it once for all; so is what a browser asks beforehand,
/// and a page, which is no operation.
fn documented(function: &Function) -> Option<(&Route, Vec<&Route>)> {
    let mut routes = function
        .routes()
        .iter()
        .filter(|route| route.path.starts_with("/api/") && !route.path.contains("{account_id}"))
        .filter(|route| route.method != "OPTIONS");
    Some((routes.next()?, routes.collect()))
}

/// What a function says about itself.
fn describe(binaries: &Binaries, bin: &str) -> Result<Described> {
    let output =
        binaries.command(bin).arg("--describe").output().context("it cannot be started")?;
    if !output.status.success() {
        bail!("--describe failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("--describe did not print what is expected")
}
