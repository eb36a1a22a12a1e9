//! Writes the routes of template.yaml as a table for `not_found.rs`, which has to know them to tell a
//! wrong method (405) from a wrong path (404). The template stays the one place that states a route.

use std::{env, error::Error, fs, path::Path};

use saphyr::{LoadableYamlNode, Yaml};

/// What else stands in a path is about all of its methods, or is the route `$default`.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

fn main() -> Result<(), Box<dyn Error>> {
    let [root, out] = ["CARGO_MANIFEST_DIR", "OUT_DIR"].map(env::var_os);
    let template =
        Path::new(&root.ok_or("cargo sets CARGO_MANIFEST_DIR")?).join("../template.yaml");
    println!("cargo::rerun-if-changed={}", template.display());
    let text = fs::read_to_string(&template)?;
    let documents = Yaml::load_from_str(&text)?;
    let document = documents.first().ok_or("template.yaml is empty")?;
    let mut routes: Vec<(String, &str)> = values(document.as_mapping_get("Resources"))
        .filter_map(|resource| {
            resource.as_mapping_get("Properties")?.as_mapping_get("DefinitionBody")
        })
        .flat_map(|api| entries(api.as_mapping_get("paths")))
        .flat_map(|(path, item)| entries(Some(item)).map(move |(method, _)| (method, path)))
        .filter(|(method, _)| METHODS.contains(method))
        .map(|(method, path)| (method.to_uppercase(), path))
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

/// The entries of a mapping whose keys are text.
fn entries<'a>(mapping: Option<&'a Yaml<'a>>) -> impl Iterator<Item = (&'a str, &'a Yaml<'a>)> {
    let all = mapping.and_then(Yaml::as_mapping).into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.as_str()?, value)))
}
