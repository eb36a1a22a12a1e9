//! What `cargo lambda watch` has to be told: its routes and the functions' environment, both from
//! the template.
//!
//! It reads a configuration file that it is given with `--global`, so the routes are generated into
//! a file of their own each time `make watch` starts, and cannot be stale.
//! Format: `cargo-lambda-metadata`, `src/cargo/watch.rs` (1.9.2), where paths are those of matchit.

use crate::template::{REGION, Route, Template};
use std::{collections::BTreeMap, fmt::Write};

/// The configuration file: `[watch.router]`.
///
/// A known path with another method does not reach the catch-all in `cargo lambda watch`, so a
/// `405` cannot be had there.
pub fn router(template: &Template) -> String {
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut catch_all = None;
    for (function, route) in template.routes() {
        if route.is_default() {
            catch_all = Some(&function.bin);
            continue;
        }
        let methods = match route.method.as_str() {
            "ANY" => vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
            method => vec![method],
        };
        let entries = paths.entry(matchit(route)).or_default();
        for method in methods {
            let bin = &function.bin;
            entries.push(format!("{{ method = {method:?}, function = {bin:?} }}"));
        }
    }
    let mut text =
        String::from("# Generated from template.yaml by `local watch-config`.\n[watch.router]\n");
    for (path, entries) in paths {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{path:?} = [{}]", entries.join(", "));
    }
    if let Some(bin) = catch_all {
        let _ = writeln!(text, "\"/\" = {bin:?}\n\"/{{*rest}}\" = {bin:?}");
    }
    text
}

/// `/api/any/{proxy+}` as `/api/any/{*proxy}`.
fn matchit(route: &Route) -> String {
    match route.path.strip_suffix("+}").and_then(|path| path.rsplit_once('{')) {
        Some((before, name)) => format!("{before}{{*{name}}}"),
        None => route.path.clone(),
    }
}

/// The environment of all functions, for `--env-file`. Where two functions give a variable two
/// values, which one wins is not defined; `cargo lambda watch` has one environment for all.
pub fn environment(template: &Template, dynamodb_url: &str) -> String {
    let mut variables: BTreeMap<&str, &str> = template
        .functions()
        .iter()
        .flat_map(|function| &function.environment)
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    variables.extend([
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_REGION", REGION),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_url),
        ("TEST_PROCESSOR_IN_PROD", "1"),
        ("WEBHOOKS_TO_LOOPBACK", "1"),
    ]);
    variables.into_iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::{environment, router};
    use crate::template::Template;

    fn template() -> Template {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture/template.yaml");
        Template::load(path).unwrap()
    }

    #[test]
    fn every_route_is_listed() {
        let text = router(&template());
        for line in [
            r#""/api/echo" = [{ method = "GET", function = "echo" }, { method = "POST", function = "echo" }]"#,
            r#""/api/echo/{id}" = [{ method = "GET", function = "echo" }]"#,
            r#""/api/any/{*proxy}" = [{ method = "GET", function = "echo" }, "#,
            r#""/" = "rest""#,
            r#""/{*rest}" = "rest""#,
        ] {
            assert!(text.contains(&format!("\n{line}")), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn the_environment_has_the_table_and_where_it_is() {
        let text = environment(&template(), "http://127.0.0.1:8000");
        assert!(text.contains("TABLE_NAME=fixture\n"));
        assert!(text.contains("AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000\n"));
    }
}
