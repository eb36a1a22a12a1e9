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

use crate::template::{Function, Route, Template};
use anyhow::{Context, Result, anyhow, bail};
use operation::{Described, Operation};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

/// The text of `openapi.yaml` for the workspace at `root`, whose function binaries are in `bins`.
///
/// # Errors
/// When a function is missing from `functions/Cargo.toml`, is not built or cannot describe itself,
/// or when two functions mean different things by one schema name.
pub fn generate(root: &Path, bins: &Path) -> Result<String> {
    let template = Template::load(root.join("template.yaml"))?;
    let sources = sources(root)?;
    let mut operations = Vec::new();
    for function in template.functions() {
        let Some((route, aliases)) = documented(function) else { continue };
        let operation = || -> Result<Operation> {
            let source =
                sources.get(&function.bin).context("functions/Cargo.toml has no such bin")?;
            let text = std::fs::read_to_string(source)
                .with_context(|| format!("cannot read {}", source.display()))?;
            let folder = source.parent().and_then(Path::file_name).unwrap_or_default();
            Operation::new(
                &function.bin,
                route,
                aliases,
                &folder.to_string_lossy(),
                &text,
                describe(&bins.join(&function.bin))?,
            )
        };
        operations.push(operation().with_context(|| format!("function {}", function.bin))?);
    }
    yaml::emit(&document::document(&operations)?)
}

/// The route a function is documented at, and what else it answers at. The form with the account in
/// its path is left out: the introduction explains it once for all; so is what a browser asks beforehand.
fn documented(function: &Function) -> Option<(&Route, Vec<&Route>)> {
    let mut routes = function
        .routes()
        .iter()
        .filter(|route| !route.is_default() && !route.path.contains("{account_id}"))
        .filter(|route| route.method != "OPTIONS");
    Some((routes.next()?, routes.collect()))
}

/// What the function at `binary` says about itself.
fn describe(binary: &Path) -> Result<Described> {
    let output = Command::new(binary)
        .arg("--describe")
        .output()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    if !output.status.success() {
        bail!("--describe failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("--describe did not print what is expected")
}

/// The source file of every binary of the workspace, as cargo sees it.
fn sources(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let targets = packages
        .ok_or_else(|| anyhow!("cargo metadata names no packages"))?
        .iter()
        .filter_map(|package| package.get("targets")?.as_array())
        .flatten();
    Ok(targets
        .filter_map(|target| {
            let text = |key: &str| target.get(key)?.as_str();
            let is_bin = target.pointer("/kind/0").and_then(Value::as_str) == Some("bin");
            is_bin.then_some((text("name")?.to_owned(), text("src_path")?.into()))
        })
        .collect())
}
