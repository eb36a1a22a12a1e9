//! How figures are kept and shown: a table to read, JSON to compare, and nothing passed over in
//! silence. What could not be measured says why; what misses its aim is marked and listed.

use serde_json::{Map, Value, json};
use std::{
    fmt::{Display, Write as _},
    io::Write as _,
};

/// What a suite hands back.
#[derive(Default)]
pub(crate) struct Report {
    /// The tables.
    pub(crate) text: String,
    /// The suite's entry in the file of results.
    pub(crate) results: Map<String, Value>,
    /// The size it was run at, where a suite keeps an entry for each.
    pub(crate) size: Option<String>,
    /// What stands under the suite's key, where that is a plain list; the entry is beside it then.
    pub(crate) records: Option<Vec<Value>>,
    /// What makes the program fail after everything has been printed.
    pub(crate) failures: Vec<String>,
}

/// A number, or why there is none.
#[derive(Clone, Debug)]
pub(crate) struct Figure(Result<f64, String>);

impl Figure {
    /// A number.
    pub(crate) fn of(value: f64) -> Self {
        Self(Ok(value))
    }

    /// No number, for this reason.
    pub(crate) fn missing(why: impl Display) -> Self {
        Self(Err(why.to_string()))
    }

    /// The number, if there is one.
    pub(crate) fn value(&self) -> Option<f64> {
        self.0.as_ref().ok().copied()
    }

    /// For the file of results: the number, or `{"not_measured": why}`.
    pub(crate) fn json(&self) -> Value {
        match &self.0 {
            Ok(value) => rounded(*value),
            Err(why) => json!({ "not_measured": why }),
        }
    }
}

impl From<anyhow::Result<f64>> for Figure {
    fn from(result: anyhow::Result<f64>) -> Self {
        Self(result.map_err(|error| format!("{error:#}")))
    }
}

/// A number to three decimals; a whole one as an integer.
pub(crate) fn rounded(value: f64) -> Value {
    let text = format!("{value:.3}");
    match text.strip_suffix(".000").and_then(|whole| whole.parse::<i64>().ok()) {
        Some(whole) => json!(whole),
        None => json!(text.parse::<f64>().unwrap_or(value)),
    }
}

/// A number for a table: as many decimals as tell something.
pub(crate) fn short(value: f64) -> String {
    match value {
        _ if value == value.trunc() => format!("{value:.0}"),
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A table, and what has to be said below it.
pub(crate) struct Table {
    title: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    missed: Vec<String>,
    unmeasured: Vec<String>,
}

impl Table {
    /// An empty table. The title says what the figures are; the first column is a name.
    pub(crate) fn new(title: &str, head: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            head: head.iter().map(|name| (*name).to_owned()).collect(),
            rows: Vec::new(),
            missed: Vec::new(),
            unmeasured: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// A cell for `figure`, `what` of `name`, which should be at most `aim`.
    pub(crate) fn cell(
        &mut self,
        name: &str,
        what: &str,
        figure: &Figure,
        aim: Option<f64>,
    ) -> String {
        match &figure.0 {
            Ok(value) => match aim {
                Some(aim) => format!("{}{}", short(*value), self.mark(name, what, *value, aim)),
                None => short(*value),
            },
            Err(why) => {
                self.unmeasured.push(format!("{name}, {what}: not measured: {why}"));
                "not measured".to_owned()
            }
        }
    }

    /// What marks a value that is above its aim; nothing, where it is not.
    pub(crate) fn mark(&mut self, name: &str, what: &str, value: f64, aim: f64) -> &'static str {
        if value <= aim {
            return "";
        }
        let shown = Some(short(value)).filter(|text| text.parse() != Ok(aim));
        let shown = shown.unwrap_or_else(|| format!("{value:.4}"));
        self.missed.push(format!("{name}: {what} {shown}, aim {}", short(aim)));
        " !"
    }

    /// Whatever missed its aim.
    pub(crate) fn missed(&self) -> Value {
        json!(self.missed)
    }

    /// The table as text: the first column to the left, the others to the right.
    pub(crate) fn render(&self) -> String {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            let cells = all().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut text = format!("{}\n\n", self.title);
        for row in all() {
            let cells =
                row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                });
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        for missed in &self.missed {
            let _ = writeln!(text, "  ! MISSED  {missed}");
        }
        for unmeasured in &self.unmeasured {
            let _ = writeln!(text, "  ? {unmeasured}");
        }
        text
    }
}

/// The value below which `percent` of the values are.
pub(crate) fn percentile(values: &[f64], percent: usize) -> Figure {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted
        .get(rank)
        .map_or_else(|| Figure::missing("no request was answered"), |one| Figure::of(*one))
}

/// A count as a number to calculate with.
pub(crate) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Prints to the standard output. A reader that went away is no reason to end.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints to the standard error.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        let at = |percent| percentile(&values, percent).value();
        assert_eq!((at(50), at(99), at(100)), (Some(100.0), Some(198.0), Some(200.0)));
        assert_eq!(percentile(&[], 50).value(), None);
    }

    #[test]
    fn what_is_missing_or_missed_is_said_below_the_table() {
        let mut table = Table::new("t", &["name", "figure"]);
        let cells = [
            table.cell("a", "cpu", &Figure::of(0.5), Some(1.0)),
            table.cell("b", "cpu", &Figure::of(2.0), Some(1.0)),
            table.cell("c", "cpu", &Figure::missing("it died"), Some(1.0)),
        ];
        assert_eq!(cells, ["0.50", "2 !", "not measured"]);
        let text = table.render();
        assert!(text.contains("! MISSED  b: cpu 2, aim 1"));
        assert_eq!(table.mark("d", "MB", 3.0004, 3.0), " !");
        assert!(table.render().contains("d: MB 3.0004, aim 3"));
        assert!(text.contains("? c, cpu: not measured: it died"));
    }

    #[test]
    fn whole_numbers_are_integers_in_the_results() {
        assert_eq!(rounded(4.0).to_string(), "4");
        assert_eq!(rounded(0.12349).to_string(), "0.123");
    }
}
