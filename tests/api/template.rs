//! Everything that says the same thing twice says the same: the files of `functions/`, the binaries of
//! its Cargo.toml, the blocks of template.yaml, their routes, and the first line of each file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use local::{
    Template,
    template::{Function, Route},
};
use serde_json::Value;

use crate::client::root;

/// CloudFormation's limit for one stack.
const MAX_RESOURCES: usize = 500;
/// How many functions the whole API is expected to have.
const EXPECTED_FUNCTIONS: usize = 115;

fn template() -> Template {
    Template::load(root().join("template.yaml")).unwrap()
}

/// A binary of functions/Cargo.toml.
#[derive(Debug, PartialEq)]
struct Binary {
    name: String,
    path: String,
    has_tests: bool,
}

/// The `[[bin]]` tables, in their order.
fn binaries() -> Vec<Binary> {
    let text = fs::read_to_string(root().join("functions/Cargo.toml")).unwrap();
    let tables = text.split("\n[[bin]]\n").skip(1);
    tables
        .map(|table| {
            let lines = table.lines().take_while(|line| !line.starts_with('['));
            let fields: BTreeMap<&str, &str> =
                lines.filter_map(|line| line.split_once(" = ")).collect();
            let text = |name: &str| fields.get(name).unwrap_or(&"").trim_matches('"').to_owned();
            Binary { name: text("name"), path: text("path"), has_tests: text("test") != "false" }
        })
        .collect()
}

/// The Rust files below functions/, but for the build script: `customers/create.rs`.
fn files() -> BTreeSet<String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => found.push(path),
            }
        }
    }
    let (folder, mut found) = (root().join("functions"), Vec::new());
    walk(&folder, &mut found);
    let relative = found.iter().map(|path| path.strip_prefix(&folder).unwrap().to_str().unwrap());
    let rust = relative.filter(|path| path.ends_with(".rs") && *path != "build.rs");
    rust.map(str::to_owned).collect()
}

/// `custom_field_definitions/create.rs` as `custom-field-definitions-create`.
fn dashed(path: &str) -> String {
    path.trim_end_matches(".rs").replace(['/', '_'], "-")
}

/// `customers-create` as `CustomersCreate`.
fn pascal(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect()
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join("functions").join(path)).unwrap()
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_file_is_a_binary_and_every_binary_a_file() {
    let binaries = binaries();
    let paths: BTreeSet<String> = binaries.iter().map(|one| one.path.clone()).collect();
    let files = files();
    let missing = files.difference(&paths).map(|path| format!("{path} is in no [[bin]]"));
    let lost = paths.difference(&files).map(|path| format!("[[bin]] {path}: there is no file"));
    let named = binaries
        .iter()
        .filter(|one| one.name != dashed(&one.path))
        .map(|one| format!("[[bin]] {} should be called {}", one.name, dashed(&one.path)));
    let tested = binaries.iter().filter(|one| one.has_tests);
    let tested = tested.map(|one| format!("[[bin]] {} lacks test = false", one.name));
    let order = binaries.windows(2).filter(|pair| pair[0].name >= pair[1].name);
    let order = order.map(|pair| format!("[[bin]] {} is before {}", pair[0].name, pair[1].name));
    none(&missing.chain(lost).chain(named).chain(tested).chain(order).collect::<Vec<_>>());
}

#[test]
fn every_binary_is_a_function_and_every_function_a_binary() {
    let template = template();
    let functions: BTreeSet<&str> = template.functions().iter().map(|one| &*one.bin).collect();
    let binaries = binaries();
    let binaries: BTreeSet<&str> = binaries.iter().map(|one| &*one.name).collect();
    let missing = binaries.difference(&functions).map(|bin| format!("{bin}: not in template.yaml"));
    let lost = functions.difference(&binaries).map(|bin| format!("{bin}: no such [[bin]]"));
    let mut wrong: Vec<String> = missing.chain(lost).collect();
    for function in template.functions() {
        let (id, bin) = (&function.logical_id, &function.bin);
        let block = &template.document()["Resources"][id.as_str()]["Properties"];
        let name = format!("${{AWS::StackName}}-{bin}");
        if *id != pascal(bin) {
            wrong.push(format!("{id}: it should be called {}", pascal(bin)));
        }
        if block["CodeUri"] != format!("target/lambda/{bin}/") {
            wrong.push(format!("{id}: its CodeUri is {}", block["CodeUri"]));
        }
        if block["FunctionName"]["Fn::Sub"] != name {
            wrong.push(format!("{id}: its FunctionName is {}", block["FunctionName"]));
        }
    }
    none(&wrong);
}

#[test]
fn a_function_answers_at_both_forms_of_the_path_its_first_line_says() {
    let (template, mut wrong) = (template(), Vec::new());
    for binary in binaries() {
        let source = source(&binary.path);
        let line = source.lines().next().unwrap_or_default();
        let Some(function) = template.function(&binary.name) else { continue };
        let says = line.strip_prefix("//! `").and_then(|rest| rest.split_once("`: "));
        let routes: Vec<String> = function.routes().iter().map(Route::key).collect();
        let expected = match says {
            Some(("$default", _)) => vec!["$default".to_owned()],
            Some((route, _)) => {
                vec![route.to_owned(), route.replace("/api/", "/api/{account_id}/")]
            }
            None => Vec::new(),
        };
        if routes.get(..expected.len()) != Some(&expected) || routes.is_empty() != says.is_none() {
            wrong.push(format!("{}: {line:?}, but routes {routes:?}", binary.path));
        }
        if !line.starts_with("//! ") || !line.ends_with('.') {
            wrong.push(format!("{}: its first line is no sentence: {line:?}", binary.path));
        }
        // The folder of its resource, whatever that is in: `payments/refunds`.
        let folder = binary.path.rsplit('/').nth(1).unwrap_or_default();
        let mut path = function.routes().iter().flat_map(|route| route.path.split('/'));
        let routed = !routes.is_empty() && routes[0] != "$default";
        if routed && !path.any(|part| part == folder.replace('_', "-")) {
            wrong.push(format!("{}: its folder is not in its path {routes:?}", binary.path));
        }
    }
    none(&wrong);
}

#[test]
fn a_function_is_short_and_decides_nothing() {
    let mut wrong = Vec::new();
    for path in files() {
        let source = source(&path);
        let length = source.lines().count();
        if length > 40 {
            wrong.push(format!("{path} has {length} lines; what it does belongs to shared"));
        }
        let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
        let mut words =
            code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        if let Some(word) = words.find(|word| ["if", "match", "while", "for"].contains(word)) {
            wrong.push(format!("{path} has `{word}`: a branch is a rule, and rules are in shared"));
        }
    }
    none(&wrong);
}

/// How many resources CloudFormation makes of the template: of a function itself and its role, of
/// each route a permission; of a rule's schedule a rule and a permission, of a scheduler's schedule
/// itself and its role, of a stream a mapping; of an HTTP API itself and its stage; of anything else
/// itself; and of what becomes of a function's failed events its configuration. (What `sam validate` cannot tell; compared with the SAM translator by hand.)
fn resources_of(block: &Value) -> usize {
    match block["Type"].as_str().unwrap_or_default() {
        "AWS::Serverless::HttpApi" => 2,
        "AWS::Serverless::Function" => {
            let events = block["Properties"]["Events"].as_object().into_iter().flatten();
            let of_event = |event: &Value| match event["Type"].as_str().unwrap_or_default() {
                "HttpApi" | "DynamoDB" => 1,
                "Schedule" | "ScheduleV2" => 2,
                other => panic!("how many resources is an event of the type {other}?"),
            };
            let configured = usize::from(!block["Properties"]["EventInvokeConfig"].is_null());
            2 + configured + events.map(|(_, event)| of_event(event)).sum::<usize>()
        }
        _ => 1,
    }
}

#[test]
fn the_stack_has_room_for_all_functions_that_are_to_come() {
    let template = template();
    let resources = template.document()["Resources"].as_object().unwrap();
    let used: usize = resources.values().map(resources_of).sum();
    // A function with a route in both forms.
    let per_function = 4;
    let to_come = EXPECTED_FUNCTIONS.saturating_sub(template.functions().len());
    let expected = used + to_come * per_function;
    assert!(
        expected <= MAX_RESOURCES,
        "{used} resources now, {expected} with {EXPECTED_FUNCTIONS} functions"
    );
}

#[test]
fn the_table_is_backed_up_protected_streamed_and_forgets_what_expires() {
    let template = template();
    let resources = template.document()["Resources"].as_object().unwrap();
    let mut tables = resources.values().filter(|one| one["Type"] == "AWS::DynamoDB::Table");
    let block = tables.next().unwrap();
    let has = |pointer: &str, value: Value| {
        let found = &block["Properties"].pointer(pointer);
        assert_eq!(*found, Some(&value), "{pointer}");
    };
    has("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", true.into());
    has("/DeletionProtectionEnabled", true.into());
    has("/StreamSpecification/StreamViewType", "NEW_AND_OLD_IMAGES".into());
    has("/TimeToLiveSpecification/AttributeName", "expires_at".into());
    has("/TimeToLiveSpecification/Enabled", true.into());
    assert_eq!(block["DeletionPolicy"], "Retain");
    assert_eq!(block["UpdateReplacePolicy"], "Retain");
    assert_eq!(tables.next(), None, "one table");
}

#[test]
fn every_function_logs_where_lines_are_kept_for_a_while() {
    let template = template();
    let document = template.document();
    let global = &document["Globals"]["Function"]["LoggingConfig"]["LogGroup"]["Ref"];
    let of = |function: &Function| {
        let block = &document["Resources"][function.logical_id.as_str()]["Properties"];
        let own = &block["LoggingConfig"]["LogGroup"]["Ref"];
        if own.is_null() { global.clone() } else { own.clone() }
    };
    for function in template.functions() {
        let group = of(function);
        let block = &document["Resources"][group.as_str().unwrap_or_default()];
        assert_eq!(block["Type"], "AWS::Logs::LogGroup", "{}", function.logical_id);
        let retention = &block["Properties"]["RetentionInDays"];
        assert!(!retention.is_null(), "{}: {group} keeps lines for ever", function.logical_id);
    }
}

#[test]
fn the_router_of_cargo_lambda_watch_has_every_route() {
    let template = template();
    let router = local::watch::router(&template);
    for (function, route) in template.routes().filter(|(_, route)| !route.is_default()) {
        let line = router.lines().find(|line| line.starts_with(&format!("{:?} = ", route.path)));
        let entry = format!("{{ method = {:?}, function = {:?} }}", route.method, function.bin);
        assert!(line.is_some_and(|line| line.contains(&entry)), "{} in\n{router}", route.key());
    }
}

#[test]
fn openapi_is_fresh_and_has_every_operation() {
    let fresh = local::openapi::generate(&root(), &crate::client::binaries()).unwrap();
    let written = fs::read_to_string(root().join("openapi.yaml")).unwrap_or_default();
    assert!(written == fresh, "openapi.yaml is stale: run `make openapi`");
    for function in template().functions() {
        let mut routes = function.routes().iter().filter(|route| !route.is_default());
        let Some(route) = routes.next() else { continue };
        let line = match route.path.contains('{') {
            true => format!("\n  {:?}:\n", route.path),
            false => format!("\n  {}:\n", route.path),
        };
        let of_path = fresh.split_once(&line).map_or("", |(_, after)| after);
        let mut of_path =
            of_path.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
        let method = format!("    {}:", route.method.to_lowercase());
        assert!(of_path.any(|line| line == method), "{} is not in openapi.yaml", route.key());
    }
}
