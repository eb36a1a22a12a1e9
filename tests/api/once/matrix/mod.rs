//! Each call of the boundary, and each event, with everything that can go wrong there, at both
//! processors: a table of which each cell is told as the shortest story that reaches it.
//!
//! | column | what the call meets |
//! |---|---|
//! | killed before | the process that makes it dies before it arrives |
//! | killed after | it is carried out, and the process dies before it is answered |
//! | lost | it is carried out, and its answer is lost, however often it is sent again at once |
//! | late | two workers: it is held back on its way until the other has done the same |
//! | overtaken | two workers: it is carried out, and answered once the other has done the same |
//! | event first | its event is told before it is answered |
//!
//! However it goes: one charge has succeeded at the processor, what was refunded was refunded once,
//! everything has come to its end with no event or with all of them, and the books are the processor's
//! record. A cell whose call never comes fails, and so does a call of the boundary that has no row.

mod rows;
mod scene;
mod trap;

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{StreamExt, stream};
use local::Options;
use tokio::task::JoinError;

use self::{
    rows::{Cell, ROWS},
    scene::Scene,
    trap::Traps,
};
use crate::client::Api;

/// How many cells are told at once.
const AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn each_call_and_each_event_meets_whatever_can_go_wrong() {
    // One that is held back needs others that go on.
    let options = Options { workers: false, max_processes: 3 * AT_ONCE, ..Options::default() };
    let api = Arc::new(Api::start_with(options).await);
    let traps = Traps::over(&api);
    let cells: Vec<Cell> = Cell::all().filter(|cell| cell.place().is_ok()).collect();
    let stories = stream::iter(cells.iter().enumerate()).map(|(number, cell)| {
        let (api, traps, cell) = (Arc::clone(&api), traps.clone(), *cell);
        let story = tokio::spawn(async move {
            let scene = Scene::open(&api, &traps, cell, number).await;
            println!("{}: {cell}", scene.account().id);
            scene.told().await;
        });
        async move { (cell, story.await) }
    });
    let mut stories = stories.buffer_unordered(AT_ONCE);
    let mut failed = Vec::new();
    while let Some((cell, story)) = stories.next().await {
        if let Err(error) = story {
            failed.push(format!("{cell}: {}", reason(error)));
        }
    }
    assert!(failed.is_empty(), "{} of {} cells: {failed:#?}", failed.len(), cells.len());
    api.stack.wire().set_fault(None);
    api.stack.stripe().set_trouble(None);
    api.audit().await;
}

/// What the story of a cell failed with: the record of a long run keeps its end, and that alone.
fn reason(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was cancelled".to_owned() };
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "it says nothing".to_owned())
}

/// The variants of an enumeration in a source.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let begin = format!("pub enum {name} {{\n");
    let (_, rest) = source.split_once(&begin).unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    let word = |line: &str| line.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
    names.map(|line| format!("{name}::{}", word(line))).collect()
}

#[test]
fn each_call_and_each_event_has_a_row() {
    let wire = include_str!("../../../../shared/src/model/processor/wire.rs");
    let boundary = include_str!("../../../../shared/src/model/processor/boundary.rs");
    let mut all = variants(wire, "Request");
    all.extend(variants(boundary, "Subject"));
    let rows: BTreeSet<String> = ROWS.into_iter().map(|row| row.name().to_owned()).collect();
    assert_eq!(rows, all, "each has a row in tests/api/once/matrix/rows.rs");
    assert!(all.len() > 14, "{all:?}");
}

#[test]
fn a_cell_that_cannot_be_has_a_reason() {
    let (told, others): (Vec<Cell>, Vec<Cell>) = Cell::all().partition(|cell| cell.place().is_ok());
    for cell in &others {
        assert!(cell.place().unwrap_err().len() > 10, "{cell}");
    }
    // Nobody makes the table smaller by the way.
    assert!(told.len() >= 129, "{} cells, and {} that cannot be", told.len(), others.len());
}
