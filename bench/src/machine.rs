//! The machine the figures were taken on, without which they cannot be compared.

use crate::{
    report::{complain, number},
    root,
};
use serde_json::{Map, Value, json};
use std::process::Command;

/// What is known of the machine and of the program. What is not known is `null`.
pub(crate) fn facts(date: Option<&str>, is_release: bool) -> Value {
    let file = |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let load = file("/proc/loadavg");
    let load = load.as_deref().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let cores = std::thread::available_parallelism().ok().map(std::num::NonZero::get);
    if let (Some(load), Some(cores)) = (load, cores)
        && load > number(cores) / 2.0
    {
        complain(&format!("bench: the machine is busy (load {load} on {cores} cores)"));
    }
    let mut facts = Map::new();
    if let Some(date) = date {
        facts.insert("date".to_owned(), json!(date));
    }
    facts.insert("commit".to_owned(), json!(commit()));
    if !is_release {
        facts.insert("build".to_owned(), json!("not the release build: no figure of time counts"));
    }
    facts.insert("cores".to_owned(), json!(cores));
    facts.insert("processor".to_owned(), json!(file("/proc/cpuinfo").as_deref().and_then(model)));
    facts.insert("architecture".to_owned(), json!(std::env::consts::ARCH));
    facts.insert("kernel".to_owned(), json!(file("/proc/sys/kernel/osrelease")));
    facts.insert("rustc".to_owned(), json!(output("rustc", &["--version"])));
    facts.insert("load_before".to_owned(), json!(load));
    Value::Object(facts)
}

fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(": ").map(|(_, name)| name.trim())
}

/// The commit, and whether what was measured is more than it.
fn commit() -> Option<String> {
    let commit = output("git", &["rev-parse", "--short=12", "HEAD"])?;
    let changes = output("git", &["status", "--porcelain", "--", ":!bench/results.json"])?;
    Some(if changes.is_empty() { commit } else { format!("{commit}, and changes to it") })
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(root()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
