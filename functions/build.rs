//! Writes the routes of template.yaml as a table for `not_found.rs`, which has to know them to tell a
//! wrong method (405) from a wrong path (404). The template stays the one place that states a route.

use std::{env, error::Error, fs, path::Path};

use saphyr::{LoadableYamlNode, Yaml};

fn main() -> Result<(), Box<dyn Error>> {
    let [root, out] = ["CARGO_MANIFEST_DIR", "OUT_DIR"].map(env::var_os);
    let template =
        Path::new(&root.ok_or("cargo sets CARGO_MANIFEST_DIR")?).join("../template.yaml");
    println!("cargo::rerun-if-changed={}", template.display());
    let text = fs::read_to_string(&template)?;
    let documents = Yaml::load_from_str(&text)?;
    let document = documents.first().ok_or("template.yaml is empty")?;
    let mut routes: Vec<(&str, &str)> = values(document.as_mapping_get("Resources"))
        .flat_map(|resource| values(properties(resource).and_then(|p| p.as_mapping_get("Events"))))
        .filter_map(properties)
        .filter_map(|event| Some((text_of(event, "Method")?, text_of(event, "Path")?)))
        .collect();
    routes.sort_unstable();
    if routes.is_empty() {
        return Err("template.yaml has no routes".into());
    }
    let table = Path::new(&out.ok_or("cargo sets OUT_DIR")?).join("routes.rs");
    fs::write(table, format!("&{routes:?}"))?;
    Ok(())
}

fn values<'a>(mapping: Option<&'a Yaml<'a>>) -> impl Iterator<Item = &'a Yaml<'a>> {
    mapping.and_then(Yaml::as_mapping).into_iter().flat_map(|mapping| mapping.values())
}

fn properties<'a>(resource: &'a Yaml<'a>) -> Option<&'a Yaml<'a>> {
    resource.as_mapping_get("Properties")
}

fn text_of<'a>(event: &'a Yaml<'a>, name: &str) -> Option<&'a str> {
    event.as_mapping_get(name)?.as_str()
}
