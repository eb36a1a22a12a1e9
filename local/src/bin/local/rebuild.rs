//! What changes in the source while `make dev` runs is built, and takes the place of what runs: of the
//! functions their processes, and of the template or of this program this process. Address and data stay.
//! What does not compile changes nothing.

use crate::print;
use anyhow::{Context, Result};
use clap::Args;
use local::Stack;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::{
    path::Path,
    process::{Output, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    process::Command,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

/// Files are saved together, and one of them often in several steps.
const QUIET: Duration = Duration::from_millis(50);

/// How what has changed is built.
#[derive(Args)]
pub(crate) struct Rebuild {
    /// When the source of the functions changes, the shell command that builds them.
    #[arg(long, value_name = "COMMAND", requires = "rebuild_all")]
    rebuild: Option<String>,
    /// When the template or this program changes, the shell command that builds everything.
    #[arg(long, value_name = "COMMAND", requires = "rebuild")]
    rebuild_all: Option<String>,
}

/// What a changed file is part of; the larger one is what is built when both have changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Functions,
    Everything,
}

impl Rebuild {
    /// Follows what changes; returns when this program has to start again, because it or the template
    /// is another one now.
    pub(crate) async fn follow(&self, stack: &Stack) -> Result<()> {
        let (Some(functions), Some(everything)) = (&self.rebuild, &self.rebuild_all) else {
            return std::future::pending().await;
        };
        let root = std::env::current_dir()?;
        let (_watcher, mut changes) = watch(&root)?;
        while let Some(first) = changes.recv().await {
            let part = with_all_that_follow(first, &mut changes).await;
            let command = if part == Part::Functions { functions } else { everything };
            match (built(command).await?, part) {
                (false, _) => print::line("not built; what ran before goes on"),
                (true, Part::Everything) => return Ok(()),
                (true, Part::Functions) => {
                    stack.renew().await;
                    print::line("the new functions answer from now on");
                }
            }
        }
        Ok(())
    }
}

/// Becomes the program at `own` anew, with the arguments of this one; returns only if it cannot.
pub(crate) fn start_again(own: &Path) -> anyhow::Error {
    use std::os::unix::process::CommandExt;
    let error = std::process::Command::new(own).args(std::env::args_os().skip(1)).exec();
    anyhow::Error::from(error).context(format!("cannot start {} again", own.display()))
}

/// Reports what changes below `root`, for as long as the watcher lives.
fn watch(root: &Path) -> Result<(RecommendedWatcher, UnboundedReceiver<Part>)> {
    let (sender, changes) = unbounded_channel();
    let below = root.to_owned();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let Ok(event) = event else { return };
        let parts = event.paths.iter().filter_map(|path| part_of(path.strip_prefix(&below).ok()?));
        if let Some(part) = parts.max().filter(|_| !event.kind.is_access()) {
            // Nobody listens any more when the program ends.
            let _ = sender.send(part);
        }
    })?;
    watcher.watch(root, RecursiveMode::NonRecursive)?;
    for folder in ["functions", "shared", "local/src"].map(|folder| root.join(folder)) {
        if folder.is_dir() {
            let watched = watcher.watch(&folder, RecursiveMode::Recursive);
            watched.with_context(|| format!("cannot watch {}", folder.display()))?;
        }
    }
    Ok((watcher, changes))
}

/// What the file at this path, relative to the workspace, is part of.
fn part_of(path: &Path) -> Option<Part> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with('.') || name.ends_with('~') {
        return None; // an editor's own
    }
    if name == "template.yaml" || path.starts_with("local") {
        return Some(Part::Everything);
    }
    let is_source = path.starts_with("functions") || path.starts_with("shared");
    (is_source || ["Cargo.toml", "Cargo.lock"].contains(&name)).then_some(Part::Functions)
}

async fn with_all_that_follow(first: Part, changes: &mut UnboundedReceiver<Part>) -> Part {
    let mut part = first;
    while let Ok(Some(next)) = tokio::time::timeout(QUIET, changes.recv()).await {
        part = part.max(next);
    }
    part
}

/// Builds, and says how long it took or what is wrong; whether it could be built.
async fn built(command: &str) -> Result<bool> {
    let begun = Instant::now();
    let output = observed(command, begun).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    print::progress(said.trim_end());
    if output.status.success() {
        print::line(&format!("built in {:.1} s", begun.elapsed().as_secs_f32()));
    }
    Ok(output.status.success())
}

/// Runs `command`, and counts the seconds for whoever looks on.
async fn observed(command: &str, begun: Instant) -> Result<Output> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).kill_on_drop(true);
    if print::is_watched() {
        shell.env("CARGO_TERM_COLOR", "always");
    }
    let mut output = std::pin::pin!(shell.output());
    let mut each_second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            output = &mut output => {
                print::still(None);
                return output.context("cannot start sh");
            }
            _ = each_second.tick() => print::still(Some(begun.elapsed())),
        }
    }
}
