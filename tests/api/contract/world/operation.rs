//! Every operation of template.yaml, as its function says what it takes and answers.

use local::{Binaries, Template};
use reqwest::Method;
use serde_json::Value;

use crate::{
    client::{binaries, root},
    contract::samples::{Sample, sample},
};

/// One function that answers HTTP requests.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// `/api/customers/{id}`.
    pub(crate) path: String,
    /// Every path it answers at.
    pub(crate) paths: Vec<String>,
    /// `customers:read`, as the function says.
    pub(crate) scope: String,
    pub(crate) publishable: bool,
    /// What can be expanded, as the function says: `account,custom_fields`.
    pub(crate) expansions: String,
    /// What it answers with, as the function says: `application/json`.
    pub(crate) media: String,
    /// The JSON Schema of what it answers, as the function says.
    pub(crate) answer: Value,
    /// The JSON Schema of the body that it takes, as the function says; null, where it takes none.
    pub(crate) body: Value,
    /// The names of the query parameters that it takes, as the function says.
    pub(crate) parameters: Vec<String>,
}

impl Operation {
    /// `POST /api/customers`.
    pub(crate) fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn sample(&self) -> Option<Sample> {
        sample(&self.route())
    }

    /// Whether only a staging account may use it.
    pub(crate) fn of_staging(&self) -> bool {
        self.path.starts_with("/api/test-clock")
    }

    /// Whether the path names an object.
    pub(crate) fn has_target(&self) -> bool {
        self.path.contains('{')
    }

    pub(crate) fn changes(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether it changes an object that exists, and so obeys `If-Match`. An event of usage has no version.
    pub(crate) fn changes_existing(&self) -> bool {
        let is_named = self.path.contains("{identifier}");
        self.changes() && (self.method != Method::POST || self.has_target()) && !is_named
    }
}

pub(super) fn operations(template: &Template) -> Vec<Operation> {
    let functions = template.functions().iter();
    // Pages are no operations: they are below other paths, and have tests of their own.
    let routed =
        functions.filter(|one| one.routes().iter().any(|route| route.path.starts_with("/api/")));
    // Nor is what needs no token, because somebody signs it: `tests/api/processor_events.rs`.
    let described = routed.map(|function| (function, described(&function.bin)));
    described
        .filter(|(_, says)| says["scope"].is_string())
        .map(|(function, says)| {
            // What a browser asks beforehand is a route of its own at the same path.
            let routes = function.routes().iter().filter(|one| one.method != "OPTIONS");
            let paths: Vec<String> = routes.map(|one| one.path.clone()).collect();
            // Where what a path may name can stand in the body, other tests send it so.
            let names = paths.iter().any(|path| path.contains("{identifier}"));
            let named = |path: &String| !names || path.contains("{identifier}");
            let paths: Vec<String> = paths.into_iter().filter(named).collect();
            let own = paths.iter().find(|path| !path.contains("{account_id}"));
            let parameters = || says["parameters"].as_array().into_iter().flatten();
            let names = parameters().filter_map(|one| one["name"].as_str().map(str::to_owned));
            let expansions = parameters()
                .filter(|one| one["name"] == "expand")
                .flat_map(|one| {
                    one["schema"]["items"]["enum"].as_array().cloned().unwrap_or_default()
                })
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect::<Vec<_>>();
            Operation {
                method: function.routes()[0].method.parse().unwrap(),
                path: own.cloned().unwrap_or_else(|| panic!("{} has no short path", function.bin)),
                paths,
                scope: says["scope"].as_str().unwrap().to_owned(),
                publishable: says["publishable"].as_bool().unwrap(),
                expansions: expansions.join(","),
                media: says["media"].as_str().unwrap().to_owned(),
                answer: says["response"].clone(),
                body: says["request"]["schema"].clone(),
                parameters: names.collect(),
            }
        })
        .collect()
}

/// What a function says about itself.
fn described(bin: &str) -> Value {
    let mut function = Binaries::at(&binaries()).unwrap().command(bin);
    let output = function
        .arg("--describe")
        .current_dir(root())
        .output()
        .unwrap_or_else(|error| panic!("{bin}: {error}"));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{bin}: {error}"))
}
