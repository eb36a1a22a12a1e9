//! What is asked of each operation. The operations are those of `template.yaml`: one without a
//! scenario, or a scenario without an operation, ends the run before anything is measured.

mod table;

use crate::api::{Api, Ask, Client};
use anyhow::{Context, Result, anyhow, bail};
use local::{Template, router::Router};
use serde_json::Value;
pub(crate) use table::SCENARIOS;

/// One operation, and the request that is repeated to measure it.
///
/// In a path or a body `$n` is a number no other request of the account has, `$id` what [`Given`]
/// made.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    /// The operation's binary.
    pub(crate) bin: &'static str,
    /// What is special, where an operation has more than one scenario.
    variant: &'static str,
    ask: &'static str,
    body: &'static str,
    status: u16,
    keyed: bool,
    given: Given,
    undo: &'static str,
}

/// The requests of a scenario, one after the other, on one account.
///
/// What is sent between two of them, to make what the next one needs or to undo what the last one
/// did, is sent to other functions and counts for none.
pub(crate) struct Requests {
    scenario: &'static Scenario,
    client: Client,
    /// What every request names.
    id: Option<String>,
    sent: usize,
}

/// What an account has before the requests are sent.
#[derive(Clone, Copy)]
enum Given {
    /// Nothing beyond itself.
    Nothing,
    /// One object, the same for all requests.
    One(&'static [Step]),
    /// An object of its own for every request, made just before it, because the request uses it up.
    Each(&'static [Step]),
    /// So many objects: a list that is longer than a page.
    Many(usize, &'static [Step]),
}

/// One of the requests that make what a scenario needs; `$1`, `$2` are the ids that the steps before
/// it gave.
struct Step {
    ask: &'static str,
    body: &'static str,
    /// Where in the answer the id is, as a JSON pointer.
    id: &'static str,
}

impl Step {
    const fn new(ask: &'static str, body: &'static str) -> Self {
        Self { ask, body, id: "/id" }
    }

    const fn at(self, id: &'static str) -> Self {
        Self { id, ..self }
    }
}

impl Scenario {
    const fn new(bin: &'static str, ask: &'static str) -> Self {
        let (variant, body, given) = ("", "", Given::Nothing);
        Self { bin, variant, ask, body, status: 200, keyed: false, given, undo: "" }
    }

    const fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    const fn given(self, given: Given) -> Self {
        Self { given, ..self }
    }

    /// A request that takes back what the last one made, where an account may only have so many.
    const fn undo(self, undo: &'static str) -> Self {
        Self { undo, ..self }
    }

    const fn answers(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn with_key(self) -> Self {
        Self { keyed: true, variant: " + Idempotency-Key", ..self }
    }

    /// What it is called in tables and results.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.bin, self.variant)
    }

    /// How many round trips it may take, the lease aside. Aims exist for the plain verbs.
    pub(crate) fn aim(&self) -> Option<f64> {
        match self.bin.rsplit('-').next() {
            Some("get" | "create") => Some(1.0),
            Some("list") => Some(2.0),
            _ => None,
        }
    }

    /// Makes what the account of `client` has to have.
    pub(crate) async fn on(&'static self, api: &Api, client: Client) -> Result<Requests> {
        let (made, steps) = match self.given {
            Given::Nothing | Given::Each(_) => (0, [].as_slice()),
            Given::One(steps) => (1, steps),
            Given::Many(count, steps) => (count, steps),
        };
        let mut id = None;
        for number in 0..made {
            id = Some(make(&client, steps, number).await?);
        }
        let mut requests = Requests { scenario: self, client, id, sent: 0 };
        self.leads_to_its_binary(api, &requests.next().await?)?;
        Ok(requests)
    }

    /// So that a figure is never printed beside the wrong name.
    fn leads_to_its_binary(&self, api: &Api, ask: &Ask) -> Result<()> {
        let path = ask.path.split('?').next().unwrap_or_default();
        let found = Router::new(api.stack.template()).find(ask.method.as_str(), path);
        match found {
            Some(found) if found.bin == self.bin => Ok(()),
            found => bail!("{} asks for {}, which leads to {found:?}", self.name(), self.ask),
        }
    }
}

impl Requests {
    /// The client that sends them.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The next request, to be sent now, and everything it needs.
    pub(crate) async fn next(&mut self) -> Result<Ask> {
        let (scenario, number) = (self.scenario, self.sent);
        self.sent += 1;
        if let Given::Each(steps) = scenario.given {
            self.id = Some(make(&self.client, steps, number).await?);
        }
        let id = self.id.as_slice();
        let mut ask = ask(scenario.ask, scenario.body, number, id)?;
        ask.status = scenario.status;
        ask.key = scenario.keyed.then(|| format!("bench-{number}"));
        Ok(ask)
    }

    /// Undoes what the request did that was answered with `answer`.
    pub(crate) async fn undo(&self, answer: &str) -> Result<()> {
        if self.scenario.undo.is_empty() {
            return Ok(());
        }
        let undo = ask(self.scenario.undo, "", 0, &[id_at("/id", answer)?])?;
        self.client.send(&undo).await.map(drop)
    }
}

/// Sends the steps; the id that the last of them gave.
async fn make(client: &Client, steps: &[Step], number: usize) -> Result<String> {
    let mut ids = Vec::new();
    for step in steps {
        let answer = client.send(&ask(step.ask, step.body, number, &ids)?).await?;
        ids.push(id_at(step.id, &answer).with_context(|| step.ask.to_owned())?);
    }
    ids.pop().ok_or_else(|| anyhow!("it has no steps"))
}

fn id_at(pointer: &str, answer: &str) -> Result<String> {
    let answer: Value = serde_json::from_str(answer)?;
    let id = answer.pointer(pointer).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| anyhow!("there is no id at {pointer} of {answer}"))
}

fn ask(ask: &str, body: &str, number: usize, ids: &[String]) -> Result<Ask> {
    let (method, path) = ask.split_once(' ').ok_or_else(|| anyhow!("{ask} has no method"))?;
    let filled = |text: &str| {
        let mut text = text.to_owned();
        if let Some(id) = ids.last() {
            text = text.replace("$id", id);
        }
        for (place, id) in ids.iter().enumerate() {
            text = text.replace(&format!("${}", place + 1), id);
        }
        text.replace("$n", &number.to_string())
    };
    Ok(Ask {
        method: method.parse()?,
        path: filled(path),
        body: (!body.is_empty()).then(|| filled(body)),
        key: None,
        status: 200,
    })
}

/// The plain scenario of an operation.
pub(crate) fn of(bin: &str) -> Result<&'static Scenario> {
    let found = SCENARIOS.iter().find(|scenario| scenario.bin == bin);
    found.ok_or_else(|| anyhow!("{bin} has no scenario"))
}

/// Fails unless there is a scenario for each HTTP operation of the template, and for nothing else.
pub(crate) fn check(template: &Template) -> Result<()> {
    let operations = template.functions().iter().filter(|one| !one.routes().is_empty());
    let operations: Vec<&str> = operations.map(|one| one.bin.as_str()).collect();
    let covered = |bin: &str| SCENARIOS.iter().any(|scenario| scenario.bin == bin);
    let missing: Vec<_> = operations.iter().copied().filter(|bin| !covered(bin)).collect();
    let stray = SCENARIOS.iter().map(|scenario| scenario.bin);
    let stray: Vec<_> = stray.filter(|bin| !operations.contains(bin)).collect();
    let table = "bench/src/scenario/table.rs";
    match (missing.is_empty(), stray.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => bail!("no scenario for: {}. Add them to {table}", missing.join(", ")),
        (_, false) => bail!("no operation for the scenarios: {}. See {table}", stray.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_what_was_made_for_it() {
        let ids = ["cus_1".to_owned(), "sub_2".to_owned()];
        let ask = ask("POST /api/x/$id?a=$n", r#"{"customer_id": "$1"}"#, 7, &ids).unwrap();
        assert_eq!((ask.method.as_str(), ask.path.as_str()), ("POST", "/api/x/sub_2?a=7"));
        assert_eq!(ask.body.as_deref(), Some(r#"{"customer_id": "cus_1"}"#));
    }

    #[test]
    fn the_verb_has_the_aim() {
        let aim = |bin| Scenario::new(bin, "").aim();
        let aims = ["a-get", "a-create", "a-list", "a-update"].map(aim);
        assert_eq!(aims, [Some(1.0), Some(1.0), Some(2.0), None]);
    }

    #[test]
    fn an_operation_without_a_scenario_ends_the_run() {
        let template = Template::parse(
            "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: t/new-thing/, \
             Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: /x}}}}}}",
        );
        let error = check(&template.unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("no scenario for: new-thing."), "{error}");
    }
}
