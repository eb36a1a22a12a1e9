use super::*;

const PAGE: &str = include_str!("../../../../docs/events.md");

#[test]
fn the_page_of_events_lists_every_type() {
    let rows = ALL.iter().map(|(name, about)| format!("| `{name}` | {} |", about.trim()));
    let rows: Vec<_> = rows.collect();
    let listed: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| `")).collect();
    let without = |some: &[String], others: &[&str]| -> Vec<String> {
        some.iter().filter(|row| !others.contains(&row.as_str())).cloned().collect()
    };
    let lacks = without(&rows, &listed);
    assert!(lacks.is_empty(), "docs/events.md lacks these lines: {lacks:#?}");
    let known: Vec<&str> = rows.iter().map(String::as_str).collect();
    let listed: Vec<String> = listed.into_iter().map(str::to_owned).collect();
    let unknown = without(&listed, &known);
    assert!(unknown.is_empty(), "docs/events.md has types that there are not: {unknown:#?}");
    assert_eq!(listed, rows, "docs/events.md is in the order of the enums");
}

#[test]
fn no_type_is_listed_twice() {
    let mut names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ALL.len());
}
