//! The table of contents, written once: which functions there are is said by `template.yaml`, and the
//! three files that must say it again are written from it by `make functions`.
//!
//! | file | what for |
//! |---|---|
//! | `functions/Cargo.toml` | cargo builds a binary per operation: what is deployed |
//! | `functions/routes.rs` | `not_found.rs` tells a wrong method (405) from a wrong path (404) |
//! | `tests/functions.rs` | all functions as one program: what `make dev` and the tests start |
//!
//! They are files rather than the work of a build script, because cargo would build again, for every
//! edit of the template, all that a build script is for.

use crate::template::Template;
use anyhow::{Context, Result, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// Where the written part of `functions/Cargo.toml` begins.
const MARK: &str = "# From here on `make functions` writes this file";

/// A file that is written from the template, and its text.
type File = (&'static str, String);

/// Writes the three files of the workspace at `root`, where they are not as they should be; which.
///
/// # Errors
/// When a function has no source file or a source file no function, or a file cannot be written.
pub fn write(root: &Path) -> Result<Vec<&'static str>> {
    let mut written = Vec::new();
    for (name, text) in files(root)? {
        if read(root, name) != text {
            fs::write(root.join(name), text).with_context(|| format!("cannot write {name}"))?;
            written.push(name);
        }
    }
    Ok(written)
}

/// Which line each of the three files lacks or has too much.
///
/// # Errors
/// As [`write()`], but for the writing.
pub fn stale(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for (name, fresh) in files(root)? {
        let written = read(root, name);
        let before = findings.len();
        let (has, needs) = (written.lines().collect(), fresh.lines().collect());
        let missing = |from: &BTreeSet<&str>, of: &BTreeSet<&str>, what: &str| {
            from.difference(of)
                .map(|line| {
                    format!("{name} {what} the line `{}`: run `make functions`", line.trim())
                })
                .collect::<Vec<_>>()
        };
        findings.extend(missing(&needs, &has, "lacks"));
        findings.extend(missing(&has, &needs, "should not have"));
        if findings.len() == before && written != fresh {
            findings.push(format!("{name} has its lines in another order: run `make functions`"));
        }
    }
    Ok(findings)
}

/// The source file of every function, by its binary: `functions/customers/create.rs` of
/// `customers-create`.
///
/// # Errors
/// When a function has no source file, a source file no function, or two files one function.
pub fn sources(root: &Path, template: &Template) -> Result<BTreeMap<String, PathBuf>> {
    let folder = root.join("functions");
    let mut sources = BTreeMap::new();
    for path in rust_files(&folder)? {
        let bin = binary_of(path.strip_prefix(&folder)?);
        if let Some(other) = sources.insert(bin.clone(), path) {
            bail!("{} and another file are both called {bin}", other.display());
        }
    }
    sources.retain(|_, path| path != &root.join(ROUTES));
    let complaints: Vec<String> = unmatched(&folder, &sources, template).collect();
    match complaints.is_empty() {
        true => Ok(sources),
        false => bail!("{}", complaints.join("\n")),
    }
}

fn unmatched<'a>(
    folder: &'a Path,
    sources: &'a BTreeMap<String, PathBuf>,
    template: &'a Template,
) -> impl Iterator<Item = String> + 'a {
    let functions = template.functions().iter();
    let no_file = functions.filter(|function| !sources.contains_key(&function.bin)).map(|function| {
        let (id, bin) = (&function.logical_id, &function.bin);
        let likely = bin.replacen('-', "/", 1).replace('-', "_");
        format!(
            "template.yaml has the function {id}, but its source is missing: a file of functions/ whose \
             path reads {bin}, such as functions/{likely}.rs"
        )
    });
    let files = sources.iter().filter(|(bin, _)| template.function(bin).is_none());
    let no_function = files.map(move |(bin, path)| {
        let path = path.strip_prefix(folder).unwrap_or(path).display();
        format!(
            "functions/{path} is there, but template.yaml lacks its block: a function with the line \
             `CodeUri: target/lambda/{bin}/`"
        )
    });
    no_file.chain(no_function)
}

/// Every Rust file below `folder`, in order.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// `custom_field_definitions/create.rs` as `custom-field-definitions-create`.
fn binary_of(path: &Path) -> String {
    path.with_extension("").to_string_lossy().replace(['/', '_'], "-")
}

const CARGO: &str = "functions/Cargo.toml";
const ROUTES: &str = "functions/routes.rs";
const TOGETHER: &str = "tests/functions.rs";

fn files(root: &Path) -> Result<[File; 3]> {
    let template = Template::load(root.join("template.yaml"))?;
    let folder = root.join("functions");
    let mut functions = BTreeMap::new();
    for (bin, path) in sources(root, &template)? {
        functions.insert(bin, path.strip_prefix(&folder)?.to_string_lossy().into_owned());
    }
    Ok([
        (CARGO, cargo(&read(root, CARGO), &functions)?),
        (ROUTES, routes(&template)),
        (TOGETHER, together(&functions)),
    ])
}

fn read(root: &Path, name: &str) -> String {
    fs::read_to_string(root.join(name)).unwrap_or_default()
}

/// The manifest with a `[[bin]]` table for each function.
fn cargo(written: &str, functions: &BTreeMap<String, String>) -> Result<String> {
    let (own, _) = written
        .split_once(MARK)
        .with_context(|| format!("{CARGO} lacks the line that begins with `{MARK}`"))?;
    let mut text = format!("{own}{MARK}, from the functions of template.yaml.\n");
    for (bin, path) in functions {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[[bin]]\nname = {bin:?}\npath = {path:?}\ntest = false\n");
    }
    Ok(text)
}

/// The routes as an expression.
fn routes(template: &Template) -> String {
    let routes = template.routes().filter(|(_, route)| !route.is_default());
    let routes: BTreeSet<_> = routes.map(|(_, route)| (&route.path, &route.method)).collect();
    let mut text = String::from("// Written by `make functions`, from template.yaml.\n&[\n");
    for (path, method) in routes {
        let _ = writeln!(text, "    ({method:?}, {path:?}),");
    }
    text + "]\n"
}

/// All functions as one program.
fn together(functions: &BTreeMap<String, String>) -> String {
    let module = |bin: &str| bin.replace('-', "_");
    let mut text = String::from(TOGETHER_HEAD);
    for (bin, path) in functions {
        let _ = writeln!(text, "#[path = \"../functions/{path}\"]\nmod {};", module(bin));
    }
    text += TOGETHER_MAIN;
    for bin in functions.keys() {
        let _ = writeln!(text, "        {bin:?} => {}::main(),", module(bin));
    }
    text + TOGETHER_TAIL
}

const TOGETHER_HEAD: &str = "\
//! All functions as one program, for `make dev` and the tests: one link where a binary per operation
//! needs a hundred. It is the function that its environment names, as Lambda names it to each.
//!
//! Written by `make functions`, from template.yaml.

use std::{ffi::OsStr, process::ExitCode};

";

const TOGETHER_MAIN: &str = r#"
fn main() -> ExitCode {
    let name = std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    match name.to_str().unwrap_or_default() {
"#;

const TOGETHER_TAIL: &str = r#"        _ => unknown(&name),
    }
}

#[expect(clippy::print_stderr, reason = "said to whoever started it by hand")]
fn unknown(name: &OsStr) -> ExitCode {
    eprintln!("there is no function {name:?}: AWS_LAMBDA_FUNCTION_NAME is one of template.yaml's");
    ExitCode::FAILURE
}
"#;
