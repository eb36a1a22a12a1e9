//! The house of `shared`: five floors, and every arrow goes down (`docs/architecture.md`).
//!
//! The sources are read as text: each path that begins with `crate::` leads to a file. What stands
//! below `#[cfg(test)]` does not count.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::client::root;

/// From the ground up.
const FLOORS: [&str; 5] = ["base", "model", "store", "work", "http"];

/// The files of a crate by their module's path.
fn modules(source: &Path) -> BTreeMap<Vec<String>, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path.file_stem().is_none_or(|stem| stem != "tests")
            {
                found.insert(module(source, &path), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn module(source: &Path, file: &Path) -> Vec<String> {
    let path: PathBuf = file.strip_prefix(source).unwrap().with_extension("");
    let mut parts: Vec<String> =
        path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// What a file uses: the modules that its `crate::` paths lead to.
fn used(text: &str, modules: &BTreeMap<Vec<String>, String>) -> BTreeSet<Vec<String>> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        for path in paths(&code[start + "crate::".len()..]) {
            let known = (0..=path.len()).rev().map(|length| &path[..length]);
            found.extend(
                known.filter(|path| modules.contains_key(*path)).take(1).map(<[_]>::to_vec),
            );
        }
    }
    found
}

/// The paths that a use tree, or a path in code, stands for.
fn paths(tree: &str) -> Vec<Vec<String>> {
    let (mut done, mut open, mut current) = (Vec::new(), Vec::<Vec<String>>::new(), Vec::new());
    let mut word = String::new();
    for character in tree.chars() {
        match character {
            character if character.is_alphanumeric() || character == '_' => word.push(character),
            ':' => {
                if !word.is_empty() {
                    current.push(std::mem::take(&mut word));
                }
            }
            '{' => open.push(current.clone()),
            ',' | '}' if !open.is_empty() => {
                if !word.is_empty() {
                    current.push(std::mem::take(&mut word));
                    done.push(current.clone());
                }
                if character == '}' {
                    open.pop();
                }
                current = open.last().cloned().unwrap_or_default();
                if open.is_empty() {
                    return done;
                }
            }
            character if character.is_whitespace() && !open.is_empty() => {}
            _ => break,
        }
    }
    if open.is_empty() && !word.is_empty() {
        current.push(word);
        done.push(current);
    }
    done
}

fn floor(module: &[String]) -> Option<usize> {
    FLOORS.iter().position(|floor| module.first().is_some_and(|first| first == floor))
}

/// A file or folder directly on a floor.
fn room(module: &[String]) -> String {
    module.iter().take(2).cloned().collect::<Vec<_>>().join("/")
}

fn shared() -> BTreeMap<Vec<String>, String> {
    modules(&root().join("shared/src"))
}

/// `make mutants` builds them as a crate of their own.
#[test]
fn the_rooms_of_the_arithmetic_need_no_others() {
    let script = fs::read_to_string(root().join("tools/mutants.sh")).unwrap();
    let copied = |floor: &str| -> Vec<String> {
        let (_, rest) = script.split_once(&format!("(cd shared/src/{floor} && cp -r ")).unwrap();
        let (names, _) = rest.split_once(" \"").unwrap();
        let rooms = names.split_whitespace().filter(|name| !name.ends_with(".rs"));
        rooms.map(|room| format!("{floor}/{room}")).collect()
    };
    let mut own: Vec<String> = [copied("base"), copied("model")].concat();
    own.extend(["base", "base/error", "model"].map(str::to_owned));
    let modules = shared();
    let mut others = Vec::new();
    for (from, text) in modules.iter().filter(|(from, _)| own.contains(&room(from))) {
        let needed = used(text, &modules).into_iter().map(|to| room(&to));
        others.extend(
            needed
                .filter(|to| !own.contains(to))
                .map(|to| format!("{} needs {to}", from.join("/"))),
        );
    }
    assert!(own.contains(&"model/billing".to_owned()) && own.contains(&"base/money".to_owned()));
    assert_eq!(others, Vec::<String>::new(), "copy it in tools/mutants.sh, too");
}

#[test]
fn every_arrow_goes_down() {
    let modules = shared();
    let mut up = Vec::new();
    for (from, text) in &modules {
        for to in used(text, &modules) {
            if let (Some(below), Some(above)) = (floor(from), floor(&to))
                && above > below
            {
                up.push(format!("{}.rs uses {}", from.join("/"), to.join("::")));
            }
        }
    }
    assert!(modules.len() > 100, "the sources are where they were");
    assert!(
        up.is_empty(),
        "arrows that run up: move the lower end, or pass in what it needs\n{}",
        up.join("\n")
    );
}

#[test]
fn no_two_rooms_use_each_other() {
    let modules = shared();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, text) in &modules {
        for to in used(text, &modules) {
            if to.len() > 1 && room(from) != room(&to) && from.len() > 1 {
                arrows.entry(room(from)).or_default().insert(room(&to));
            }
        }
    }
    // A room that nothing is left to wait for is taken away; what remains goes in circles.
    let mut left = arrows.clone();
    loop {
        let waiting: BTreeSet<String> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|_, uses| uses.iter().any(|room| waiting.contains(room)));
        if left.len() == before {
            break;
        }
    }
    assert!(!arrows.is_empty(), "the sources are read");
    assert!(left.is_empty(), "rooms that use each other: {left:#?}");
}

#[test]
fn the_picture_of_the_house_names_only_what_is_there() {
    let root = root();
    let text = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let named = text.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/'));
    let paths: Vec<&str> = named
        .filter(|name| FLOORS.iter().any(|floor| name.starts_with(&format!("{floor}/"))))
        .collect();
    let gone: Vec<&&str> =
        paths.iter().filter(|name| !root.join("shared/src").join(name).exists()).collect();
    assert!(paths.len() > 20, "docs/architecture.md shows the path of a request: {paths:?}");
    assert!(gone.is_empty(), "docs/architecture.md names what is not there: {gone:?}");
    for floor in FLOORS {
        assert!(text.contains(&format!("`{floor}/`")), "docs/architecture.md lacks {floor}/");
    }
}

/// What a page names as code, outside of its examples.
fn named(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn what_newcomers_read_names_only_what_is_there() {
    let root = root();
    let entity = fs::read_to_string(root.join("shared/src/model/entity.rs")).unwrap();
    let is_path = |name: &&String| {
        name.contains('/') && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
    };
    let mut gone = Vec::new();
    for page in [
        "README.md",
        "docs/glossary.md",
        "docs/guides/adding-an-endpoint.md",
        "docs/guides/debugging.md",
    ] {
        let names = named(&fs::read_to_string(root.join(page)).unwrap());
        for name in names.iter().filter(is_path) {
            let (top, _) = name.split_once('/').unwrap();
            let file = match top {
                _ if FLOORS.contains(&top) => root.join("shared/src").join(name),
                "shared" | "functions" | "tests" | "local" | "bench" | "docs" | "web" => {
                    root.join(name)
                }
                _ => continue,
            };
            if !file.exists() {
                gone.push(format!("{page}: {name}"));
            }
        }
        // `Entity::lists`, which a recipe has somebody write.
        let parts = names.iter().filter_map(|name| name.strip_prefix("Entity::"));
        let of_entity = |part: &&str| {
            let word = part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            word.is_some_and(|word| entity.contains(&format!(" {word}")))
        };
        gone.extend(
            parts.filter(|part| !of_entity(part)).map(|part| format!("{page}: Entity::{part}")),
        );
    }
    assert!(gone.is_empty(), "named and not there: {gone:#?}");
}

/// How many lines a source file has at most: what is longer holds more than one concept.
const LONGEST: usize = 400;

/// Whether somebody writes it: neither fetched, nor built, nor made of the template or of openapi.yaml.
fn is_written_by_hand(path: &Path, text: &str) -> bool {
    let endings = ["rs", "ts", "tsx", "mjs", "js", "py", "sh", "css"];
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let says_made =
        |line: &str| line.contains("`make functions`") || line.contains("auto-generated");
    endings.contains(&ending) && !text.lines().take(6).any(says_made)
}

#[test]
fn no_source_file_is_longer_than_a_concept() {
    let root = root();
    let (mut read, mut long) = (0, Vec::new());
    let tops = ["shared", "functions", "local", "tests", "bench", "web", "fuzz", "tools"];
    let mut folders: Vec<PathBuf> = tops.iter().map(|top| root.join(top)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                let is_made =
                    ["target", "dist", "node_modules"].iter().any(|made| path.ends_with(made));
                folders.extend((!is_made).then_some(path));
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            if is_written_by_hand(&path, &text) {
                read += 1;
                let lines = text.lines().count();
                if lines > LONGEST {
                    long.push(format!("{name}: {lines}"));
                }
            }
        }
    }
    assert!(read > 800, "{read} source files");
    assert!(long.is_empty(), "to be split along a concept: {long:#?}");
}
