//! What the kernel says of a function's process.

use anyhow::{Context, Result, anyhow};
use std::{fs, time::Duration};

/// The CPU time of the threads that a process has, to the nanosecond: `/proc/<pid>/task/*/schedstat`.
///
/// A thread that has ended takes its time along, so a difference can only be too small; functions run
/// on one thread (`current_thread`), and start others only to resolve a host name.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let folder = format!("/proc/{pid}/task");
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(&folder).with_context(|| format!("{folder} cannot be read"))? {
        let path = thread?.path().join("schedstat");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let nanos = text.split(' ').next().and_then(|field| field.parse().ok());
        total += Duration::from_nanos(nanos.ok_or_else(|| anyhow!("schedstat has no number"))?);
    }
    Ok(total)
}

/// The most memory a process has had at once, in MB of 10⁶ bytes: `VmHWM`.
pub(crate) fn peak_memory(pid: u32) -> Result<f64> {
    memory(pid, "VmHWM:")
}

/// The memory a process has, in MB of 10⁶ bytes: `VmRSS`.
pub(crate) fn resident_memory(pid: u32) -> Result<f64> {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, field: &str) -> Result<f64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kibibytes.ok_or_else(|| anyhow!("{path} has no {field}"))? * 1024.0 / 1e6)
}
