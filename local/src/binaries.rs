//! The programs of the functions: a folder with a binary for each, as they are deployed, or one program
//! that has all of them, which is what is built while developing.

use crate::template::Template;
use anyhow::{Result, bail};
use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the programs of the functions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binaries {
    /// The folder of a binary for each function.
    Separate(PathBuf),
    /// The program that is the function which `AWS_LAMBDA_FUNCTION_NAME` says.
    Together(PathBuf),
}

impl Binaries {
    /// What `path` is: a folder has a binary for each function, a file all of them.
    ///
    /// # Errors
    /// When the current folder is not known, which a relative path is relative to.
    pub fn at(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path)?;
        Ok(match path.is_dir() {
            true => Self::Separate(path),
            false => Self::Together(path),
        })
    }

    /// How the function `bin` is started.
    pub fn command(&self, bin: &str) -> Command {
        match self {
            Self::Separate(folder) => Command::new(folder.join(bin)),
            Self::Together(program) => {
                let mut command = Command::new(program);
                // Its name for whoever looks at the processes.
                command.arg0(bin).env("AWS_LAMBDA_FUNCTION_NAME", bin);
                command
            }
        }
    }

    /// Refuses what cannot be started.
    pub(crate) fn require(&self, template: &Template) -> Result<()> {
        match self {
            Self::Together(program) if program.is_file() => Ok(()),
            Self::Together(program) => {
                bail!("there is no {}. Run `make build-local` first", program.display())
            }
            Self::Separate(folder) => require_all(template, folder),
        }
    }
}

fn require_all(template: &Template, folder: &Path) -> Result<()> {
    let bins = template.functions().iter().map(|function| function.bin.as_str());
    let missing: Vec<_> = bins.filter(|bin| !folder.join(bin).is_file()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let command = match folder.ends_with("release") {
        true => "cargo build --release -p functions",
        false => "make build-separate",
    };
    let list = missing.join(", ");
    bail!("no binary in {} for: {list}. Run `{command}` first", folder.display())
}
