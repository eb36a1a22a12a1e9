//! Everything that says the same thing twice says the same: the files of `functions/`, the blocks of
//! template.yaml, what is written from them, their routes, and the first line of each file.

use std::{collections::BTreeMap, fs, path::Path};

use local::{
    Binaries, Template, contents,
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

/// The source file of every function, as `customers/create.rs`, by its binary.
fn files() -> BTreeMap<String, String> {
    let folder = root().join("functions");
    let sources = contents::sources(&root(), &template()).unwrap();
    let relative = |path: &Path| path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
    sources.iter().map(|(bin, path)| (bin.clone(), relative(path))).collect()
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
fn what_is_written_from_the_template_is_what_it_says() {
    none(&contents::stale(&root()).unwrap());
}

#[test]
fn a_function_is_called_in_the_template_as_its_file_is() {
    let (template, mut wrong) = (template(), Vec::new());
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
    for (bin, path) in files() {
        let source = source(&path);
        let line = source.lines().next().unwrap_or_default();
        let Some(function) = template.function(&bin) else { continue };
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
            wrong.push(format!("{path}: {line:?}, but routes {routes:?}"));
        }
        if !line.starts_with("//! ") || !line.ends_with('.') {
            wrong.push(format!("{path}: its first line is no sentence: {line:?}"));
        }
        // The folder of its resource, whatever that is in: `payments/refunds`.
        let folder = path.rsplit('/').nth(1).unwrap_or_default();
        let mut parts = function.routes().iter().flat_map(|route| route.path.split('/'));
        let routed = !routes.is_empty() && routes[0] != "$default";
        if routed && !parts.any(|part| part == folder.replace('_', "-")) {
            wrong.push(format!("{path}: its folder is not in its path {routes:?}"));
        }
    }
    none(&wrong);
}

#[test]
fn a_function_is_short_and_decides_nothing() {
    let mut wrong = Vec::new();
    for path in files().into_values() {
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
    let binaries = Binaries::at(&crate::client::binaries()).unwrap();
    let fresh = local::openapi::generate(&root(), &binaries).unwrap();
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
