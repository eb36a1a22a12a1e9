//! `make dev` and `make test` build what they have in common once.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use crate::client::root;

/// The features of each package that is built with these kinds of dependencies.
fn features(kinds: &str) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--locked", "--offline", "--prefix", "none"])
        .args(["--edges", kinds, "--format", "{p}|{f}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let Some((package, of_one_build)) = line.split_once('|') else { continue };
        features
            .entry(package.to_owned())
            .or_default()
            .insert(of_one_build.trim_end_matches(" (*)").to_owned());
    }
    features
}

#[test]
fn tests_ask_for_no_feature_that_make_dev_does_not() {
    let (developing, testing) = (features("normal,build"), features("normal,build,dev"));
    let twice: Vec<String> = developing
        .iter()
        .filter(|(package, builds)| !builds.is_subset(&testing[*package]))
        .map(|(package, builds)| format!("{package}: {builds:?}, in tests {:?}", testing[package]))
        .collect();
    assert!(
        twice.is_empty(),
        "built twice, for the features that tests ask for: name them in tests/Cargo.toml\n{}",
        twice.join("\n")
    );
}
