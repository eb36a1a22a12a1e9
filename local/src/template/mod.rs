//! `template.yaml` as types: which functions there are, what routes to them, what they may do, and
//! the table. The local stack, the tests and the OpenAPI generator all read it through here, so
//! none of them can disagree with what is deployed.

mod events;
mod function;
mod resolve;
mod routes;
mod table;
pub(crate) mod yaml;

use anyhow::{Context, Result, anyhow, bail};
pub use events::{Schedule, ScheduleKind, StreamSource};
pub use function::{Function, Statement};
pub use resolve::STACK_NAME;
pub(crate) use resolve::{ACCOUNT, REGION};
pub use routes::Route;
use serde_json::{Map, Value};
use std::path::Path;
pub use table::{KeyAttribute, Table};

use resolve::Resolver;

/// A loaded template.
#[derive(Debug, Clone)]
pub struct Template {
    document: Value,
    functions: Vec<Function>,
    tables: Vec<Table>,
}

impl Template {
    /// Reads and checks the template at `path`.
    ///
    /// # Errors
    /// When the file cannot be read, is not YAML, or a function or table in it lacks what the local
    /// stack needs; the message names the resource.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the template {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// The template in `text`.
    ///
    /// # Errors
    /// As [`Template::load`].
    pub fn parse(text: &str) -> Result<Self> {
        let document = yaml::parse(text)?;
        let part = |name: &str| document.get(name).and_then(Value::as_object);
        let resolver = Resolver {
            parameters: part("Parameters"),
            conditions: part("Conditions"),
            mappings: part("Mappings"),
            resources: part("Resources"),
        };
        let resources =
            resolver.resources.ok_or_else(|| anyhow!("there is no Resources section"))?;
        let globals = document
            .pointer("/Globals/Function")
            .map_or_else(|| Value::Object(Map::new()), |value| resolver.resolve(value));
        let (mut functions, mut tables) = (Vec::new(), Vec::new());
        for (logical_id, resource) in resources {
            if !exists(resource, &resolver) {
                continue;
            }
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            let properties = resource.get("Properties").unwrap_or(&Value::Null);
            let resolved = || resolver.resolve(properties);
            match kind {
                "AWS::Serverless::Function" => functions.push(
                    Function::from_resource(logical_id, &globals, resolved(), &resolver)
                        .with_context(|| format!("function {logical_id}"))?,
                ),
                "AWS::DynamoDB::Table" => tables.push(
                    Table::from_properties(resolver.physical_name(logical_id), resolved())
                        .with_context(|| format!("table {logical_id}"))?,
                ),
                _ => {}
            }
        }
        for (logical_id, route) in routes::read(resources)? {
            let function = functions.iter_mut().find(|one| one.logical_id == logical_id);
            let lost = || anyhow!("route {}: there is no function {logical_id}", route.key());
            function.ok_or_else(lost)?.routes.push(route);
        }
        let template = Self { functions, tables, document };
        template.refuse_duplicates()?;
        Ok(template)
    }

    fn refuse_duplicates(&self) -> Result<()> {
        let mut bins: Vec<_> = self.functions.iter().map(|one| one.bin.clone()).collect();
        let mut keys: Vec<_> = self.routes().map(|(_, route)| route.key()).collect();
        for list in [&mut bins, &mut keys] {
            list.sort();
            for (left, right) in list.iter().zip(list.iter().skip(1)) {
                if left == right {
                    bail!("{left} is declared twice");
                }
            }
        }
        Ok(())
    }

    /// Every function, in the order of the template.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The function whose binary is `bin`.
    pub fn function(&self, bin: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.bin == bin)
    }

    /// Every route with the function behind it.
    pub fn routes(&self) -> impl Iterator<Item = (&Function, &Route)> {
        self.functions
            .iter()
            .flat_map(|function| function.routes().iter().map(move |r| (function, r)))
    }

    /// The one table.
    ///
    /// # Errors
    /// When the template has none, or more than one.
    pub fn table(&self) -> Result<&Table> {
        match self.tables.as_slice() {
            [table] => Ok(table),
            tables => bail!("the template must have exactly one table; it has {}", tables.len()),
        }
    }

    /// The whole template as JSON, with intrinsic functions in their long form and unresolved.
    pub fn document(&self) -> &Value {
        &self.document
    }
}

fn exists(resource: &Value, resolver: &Resolver) -> bool {
    resource.get("Condition").and_then(Value::as_str).is_none_or(|name| resolver.condition(name))
}

#[cfg(test)]
mod tests {
    use super::{ScheduleKind, Template};
    use serde_json::json;
    use std::time::Duration;

    fn fixture() -> Template {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture/template.yaml");
        Template::load(path).unwrap()
    }

    #[test]
    fn a_function_has_its_globals_events_and_policy() {
        let template = fixture();
        let echo = template.function("echo").unwrap();
        assert_eq!((echo.logical_id.as_str(), echo.name.as_str()), ("Echo", "local-echo"));
        assert_eq!((echo.timeout, echo.memory_mb), (Duration::from_secs(20), 256));
        assert_eq!(echo.environment["TABLE_NAME"], "fixture");
        let keys: Vec<_> = echo.routes().iter().map(super::Route::key).collect();
        assert_eq!(
            keys,
            ["GET /api/echo", "POST /api/echo", "GET /api/echo/{id}", "ANY /api/any/{proxy+}"]
        );
        let allowed: Vec<_> = echo.statements.iter().map(|one| one.actions.concat()).collect();
        assert_eq!(allowed, ["dynamodb:GetItem", "dynamodb:PutItem"]);
        assert_eq!(echo.statements[0].leading_keys, ["TOK#*"]);
        assert!(echo.statements[1].resources[0].ends_with(":table/fixture"));
        let brief = template.function("brief").unwrap();
        assert_eq!(
            (brief.timeout, brief.environment["GREETING"].as_str()),
            (Duration::from_secs(1), "bye")
        );
        assert!(template.function("rest").unwrap().routes()[0].is_default());
    }

    #[test]
    fn workers_have_their_sources() {
        let template = fixture();
        let source = &template.function("reader").unwrap().streams[0];
        assert_eq!((source.batch_size, source.maximum_retry_attempts), (4, 3));
        assert!(source.reports_failures() && source.filter_criteria.is_some());
        let clock = template.function("clock").unwrap();
        assert_eq!((clock.repeats, template.function("brief").unwrap().repeats), (0, 2));
        let schedules = &clock.schedules;
        let kinds: Vec<_> =
            schedules.iter().map(|one| (one.kind, one.expression.as_str())).collect();
        assert_eq!(
            kinds,
            [
                (ScheduleKind::Rule, "rate(1 minute)"),
                (ScheduleKind::Scheduler, "cron(0 12 * * ? *)")
            ]
        );
    }

    #[test]
    fn the_table_is_created_as_the_template_says() {
        let template = fixture();
        let table = template.table().unwrap();
        assert_eq!((table.name.as_str(), table.partition_key()), ("fixture", "PK"));
        assert_eq!(table.ttl_attribute.as_deref(), Some("expires_at"));
        let request = table.create_request();
        assert_eq!(request["KeySchema"][1], json!({"AttributeName": "SK", "KeyType": "RANGE"}));
        assert_eq!(
            request["StreamSpecification"],
            json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        );
    }

    #[test]
    fn what_cannot_run_is_refused() {
        let function = |bin: &str, rest: &str| {
            format!("{{Type: AWS::Serverless::Function, Properties: {{CodeUri: t/{bin}/{rest}}}}}")
        };
        let same_bin =
            format!("Resources:\n  A: {}\n  B: {}", function("a", ""), function("a", ""));
        let event = ", Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: /x}}}";
        let own_route = format!("Resources:\n  A: {}", function("a", event));
        let fixture = include_str!("../../tests/fixture/template.yaml");
        let no_function = fixture.replace("!GetAtt Brief.Arn", "!GetAtt Other.Arn");
        let same_route = fixture.replace("/api/brief:", "/api/echo:");
        let no_code =
            "Resources:\n  A: {Type: AWS::Serverless::Function, Properties: {}}".to_owned();
        for (text, complaint) in [
            (same_route, "uplicate"),
            (own_route, "a route is written below the paths of the API"),
            (no_function, "route GET /api/brief: there is no function Other"),
            (same_bin, "a is declared twice"),
            (no_code, "function A"),
            ("Outputs: {}".to_owned(), "no Resources"),
        ] {
            let error = format!("{:#}", Template::parse(&text).unwrap_err());
            assert!(error.contains(complaint), "{error}");
        }
    }
}
