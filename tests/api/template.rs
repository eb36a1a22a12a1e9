//! Everything that says the same thing twice says the same: the files of `functions/`, the blocks of
//! template.yaml, what is written from them, their routes, and the first line of each file.

use std::{collections::BTreeMap, fs, path::Path, slice};

use local::{
    Binaries, Template, contents,
    template::{Function, Route},
};
use serde_json::{Value, json};

use crate::client::root;

/// What an operation of the gateway has.
const INTEGRATION: &str = "x-amazon-apigateway-integration";

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
        // What a browser asks first is the same function's, at each path.
        let asked = function.routes().iter().filter(|route| route.method != "OPTIONS");
        let routes: Vec<String> = asked.map(Route::key).collect();
        let expected = match says {
            Some(("$default", _)) => vec!["$default".to_owned()],
            Some((route, _)) if !route.contains(" /api/") => vec![route.to_owned()],
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
        // The address of a page may begin with a shorter word for it: `/pay/…` of payment links.
        let page = |route: &String| !route.contains(" /api/");
        let short =
            |part: &str| part.len() > 2 && routes.iter().all(page) && folder.starts_with(part);
        if routed && !parts.any(|part| part == folder.replace('_', "-") || short(part)) {
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

/// The definition of the HTTP API.
fn definition(template: &Template) -> &Value {
    &template.document()["Resources"]["Api"]["Properties"]["DefinitionBody"]
}

/// The gateway refuses the definition where it is not valid: a parameter of a path that is not
/// declared, an operation without answers. No linter of templates looks into it.
#[test]
fn a_path_declares_its_parameters_and_an_operation_is_a_reference() {
    let (template, mut wrong) = (template(), Vec::new());
    let definition = definition(&template);
    for (path, item) in definition["paths"].as_object().unwrap() {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let declared: Vec<Value> =
            names.map(|name| json!({"$ref": format!("#/components/parameters/{name}")})).collect();
        let found = item["parameters"].as_array().cloned().unwrap_or_default();
        if found != declared {
            let declared = json!(declared);
            wrong.push(format!("{path}: its parameters should be {declared}"));
        }
        for (method, operation) in item.as_object().unwrap() {
            let keys = operation.as_object().map(|one| one.keys().map(String::as_str).collect());
            let keys: Vec<&str> = keys.unwrap_or_default();
            let expected: &[&str] = match (method.as_str(), path.as_str()) {
                ("parameters", _) => &[],
                (_, "/$default") => &["isDefaultRoute", INTEGRATION, "responses"],
                _ => &[INTEGRATION, "responses"],
            };
            if keys != expected || !expected.is_empty() && operation["responses"] != json!({}) {
                wrong.push(format!("{method} {path}: it should have {expected:?} alone"));
            }
        }
    }
    for (name, parameter) in definition["components"]["parameters"].as_object().unwrap() {
        let schema = json!({"type": "string"});
        let expected = json!({"name": name, "in": "path", "required": true, "schema": schema});
        if *parameter != expected {
            wrong.push(format!("parameter {name}: it should be {expected}"));
        }
    }
    none(&wrong);
}

#[test]
fn an_integration_is_called_as_the_function_it_invokes() {
    let template = template();
    let integrations = &definition(&template)["components"]["x-amazon-apigateway-integrations"];
    for (name, integration) in integrations.as_object().unwrap() {
        let uri = &integration["uri"];
        assert_eq!(*uri, json!({"Fn::GetAtt": [name, "Arn"]}), "integration {name}");
    }
}

#[test]
fn the_gateway_may_invoke_what_has_a_route_and_nothing_else() {
    let template = template();
    let role = &template.document()["Resources"]["Gateway"]["Properties"];
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    // Whether a statement is about a function: its resources are names up to a star.
    let is_about = |statement: &Value, name: &str| {
        let resource = &statement["Resource"];
        let resources = resource.as_array().map_or(slice::from_ref(resource), Vec::as_slice);
        resources.iter().any(|arn| {
            let (_, pattern) = arn["Fn::Sub"].as_str().unwrap().rsplit_once(":function:").unwrap();
            name.starts_with(pattern.strip_suffix('*').unwrap())
        })
    };
    for function in template.functions() {
        let name = format!("${{AWS::StackName}}-{}", function.bin);
        let has = |effect: &str| {
            statements.iter().any(|one| one["Effect"] == effect && is_about(one, &name))
        };
        let (may, routed) = (has("Allow") && !has("Deny"), !function.routes().is_empty());
        assert_eq!(may, routed, "{name}: may the gateway invoke it, and has it a route?");
    }
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
        // Pages are not part of the API.
        let mut routes = function.routes().iter().filter(|route| route.path.starts_with("/api/"));
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
