//! What every process occupies while requests are answered, and whether that grows.
//!
//! Early is the second and third tenth of the time, late its last fifth: of ten minutes, the second and
//! third and the last two. The first tenth is left to whatever fills once. A function is judged by the
//! mean of its processes, for their number is the gateway's choice: late it may have 1.05 times what it
//! had early.
//!
//! The gateway and the database are shown and not judged: they are no part of what is deployed, and the
//! database remembers every transaction for ten minutes, as DynamoDB does.

use crate::{
    process::resident_memory,
    report::{Table, number, rounded, short},
};
use anyhow::{Result, anyhow};
use local::Stack;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Looks at the memory.
const LOOKS: usize = 120;
/// In the tables: this process, which is the gateway, the workers' schedule and the database.
const GATEWAY: &str = "(gateway and database)";
const MOST_GROWTH: f64 = 1.05;

/// Of each function, at each look: how many processes it has, and what they occupy together, in MB.
type Look = BTreeMap<String, (usize, f64)>;

/// What was seen.
pub(crate) struct Memory {
    looks: Vec<Look>,
}

/// One function's memory.
struct Course {
    name: String,
    processes: usize,
    /// The mean of a process early on, late, and the most of all looks.
    early: f64,
    late: f64,
    most: f64,
}

/// Looks at all processes of the stack, and at this one, for `time`.
pub(crate) async fn watch(stack: &Stack, time: Duration) -> Result<Memory> {
    let begin = Instant::now();
    let mut ticks = interval(time / u32::try_from(LOOKS)?);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looks = Vec::new();
    while begin.elapsed() < time {
        ticks.tick().await;
        looks.push(look(stack)?);
    }
    Ok(Memory { looks })
}

fn look(stack: &Stack) -> Result<Look> {
    let mut look = Look::new();
    for function in stack.template().functions() {
        // One that has just ended has no memory.
        let pids = stack.pids(&function.bin).into_iter();
        let all: Vec<f64> = pids.filter_map(|pid| resident_memory(pid).ok()).collect();
        if !all.is_empty() {
            look.insert(function.bin.clone(), (all.len(), all.iter().sum()));
        }
    }
    look.insert(GATEWAY.to_owned(), (1, resident_memory(std::process::id())?));
    if look.len() < 2 {
        return Err(anyhow!("no function has a process"));
    }
    Ok(look)
}

impl Memory {
    /// The course of each function that was there early and late.
    fn courses(&self) -> Vec<Course> {
        let names =
            self.looks.iter().flat_map(BTreeMap::keys).collect::<std::collections::BTreeSet<_>>();
        names.into_iter().filter_map(|name| self.course(name)).collect()
    }

    fn course(&self, name: &str) -> Option<Course> {
        let tenth = self.looks.len().div_ceil(10);
        let means: Vec<Option<f64>> = self.looks.iter().map(|look| mean(look, name)).collect();
        let mean_of = |looks: &[Option<f64>]| {
            let seen: Vec<f64> = looks.iter().copied().flatten().collect();
            (!seen.is_empty()).then(|| seen.iter().sum::<f64>() / number(seen.len()))
        };
        let processes = self.looks.iter().filter_map(|look| Some(look.get(name)?.0)).max()?;
        Some(Course {
            name: name.to_owned(),
            processes,
            early: mean_of(means.get(tenth..(3 * tenth).min(means.len()))?)?,
            late: mean_of(means.get((8 * tenth).min(means.len())..)?)?,
            most: means.into_iter().flatten().fold(0.0, f64::max),
        })
    }

    /// What grew.
    pub(crate) fn grown(&self) -> Vec<String> {
        let grown = self.courses().into_iter().filter(|course| !course.is_flat());
        let told = grown.map(|course| {
            let (early, late) = (short(course.early), short(course.late));
            format!("{} grew from {early} to {late} MB", course.name)
        });
        told.collect()
    }

    pub(crate) fn render(&self) -> String {
        let title = "MEMORY: resident, in MB, a process. Late a function may have 1.05 times what it had early.";
        let head = ["", "processes", "early", "late", "late/early", "most", "all, last"];
        let mut table = Table::new(title, &head);
        let last = self.looks.last();
        for course in self.courses() {
            let mark = if course.is_flat() { "" } else { " !" };
            let all = last.and_then(|look| look.get(&course.name)).map(|(_, all)| short(*all));
            table.row(vec![
                course.name.clone(),
                course.processes.to_string(),
                short(course.early),
                short(course.late),
                format!("{:.3}{mark}", course.late / course.early),
                short(course.most),
                all.unwrap_or_default(),
            ]);
        }
        let sum =
            |look: Option<&Look>| look.map_or(0.0, |look| look.values().map(|one| one.1).sum());
        let text = table.render();
        let (first, last) = (short(sum(self.looks.first())), short(sum(last)));
        format!(
            "{text}\n  All processes together: {first} MB at the first look, {last} at the last.\n"
        )
    }

    pub(crate) fn json(&self) -> Value {
        let course = |course: Course| {
            let mut entry = Map::new();
            entry.insert("processes".to_owned(), course.processes.into());
            for (key, value) in
                [("early_mb", course.early), ("late_mb", course.late), ("most_mb", course.most)]
            {
                entry.insert(key.to_owned(), rounded(value));
            }
            (course.name, Value::Object(entry))
        };
        self.courses().into_iter().map(course).collect::<Map<_, _>>().into()
    }
}

impl Course {
    fn is_flat(&self) -> bool {
        self.name == GATEWAY || self.late <= self.early * MOST_GROWTH
    }
}

/// The mean of a function's processes at one look.
fn mean(look: &Look, name: &str) -> Option<f64> {
    look.get(name).map(|(processes, all)| all / number(*processes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(of: impl Fn(usize) -> (usize, f64)) -> Memory {
        let looks = (0..100).map(|at| Look::from([("one".to_owned(), of(at))]));
        Memory { looks: looks.collect() }
    }

    #[test]
    fn what_fills_once_is_flat_and_what_goes_on_growing_is_not() {
        let fills = memory(|at| (1, if at < 10 { 5.0 } else { 10.0 }));
        assert_eq!(fills.grown(), Vec::<String>::new());
        let grows = memory(|at| (1, 10.0 + number(at) / 100.0));
        assert_eq!(grows.grown(), ["one grew from 10.2 to 10.9 MB"]);
    }

    #[test]
    fn a_further_process_is_no_growth() {
        assert!(memory(|at| if at < 50 { (1, 10.0) } else { (4, 40.0) }).grown().is_empty());
    }
}
