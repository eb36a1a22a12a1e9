//! What is asked of each operation. The operations are those of `template.yaml`: one without a
//! scenario, or a scenario without an operation, ends the run before anything is measured.

mod account;
mod catalog;
mod change_requests;
mod checkout;
mod customers;
mod invoices;
mod meters;
mod payments;
mod requests;
mod steps;
mod subscriptions;
mod tax_rates;
mod webhooks;

use anyhow::{Result, anyhow, bail};
use local::Template;
pub(crate) use requests::Requests;
use steps::Step;

/// One operation, and the request that is repeated to measure it.
///
/// In a path or a body `$n` is a number no other request of the account has, `$t` an instant that is
/// later than those of the requests before, and `$customer` the id of what [`Given`] made under that
/// name.
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
    environment: &'static str,
    few: bool,
    aim: Aim,
    once: &'static [Step],
    given: Given,
    undo: &'static str,
}

/// How many round trips a request may take, the lease aside.
#[derive(Clone, Copy)]
enum Aim {
    /// What its verb says: one to read or to create, two to list.
    OfTheVerb,
    /// Two: it reads, at once, what its body refers to, before it writes.
    ReadsWhatItNames,
    /// None: it does several things one after the other, such as asking a processor.
    None,
}

/// What an account has before the requests are sent, beside what is made once.
#[derive(Clone, Copy)]
enum Given {
    /// Nothing.
    Nothing,
    /// One object, the same for all requests.
    One(&'static [Step]),
    /// An object of its own for every request, made just before it, because the request uses it up.
    Each(&'static [Step]),
    /// So many objects: a list that is longer than a page.
    Many(usize, &'static [Step]),
}

impl Scenario {
    const fn new(bin: &'static str, ask: &'static str) -> Self {
        Self {
            bin,
            variant: "",
            ask,
            body: "",
            status: 200,
            keyed: false,
            environment: "prod",
            few: false,
            aim: Aim::OfTheVerb,
            once: &[],
            given: Given::Nothing,
            undo: "",
        }
    }

    const fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    const fn given(self, given: Given) -> Self {
        Self { given, ..self }
    }

    /// What is made once, before what is given.
    const fn after(self, once: &'static [Step]) -> Self {
        Self { once, ..self }
    }

    /// A request that takes back what the last one made, where an account may only have so many.
    const fn undo(self, undo: &'static str) -> Self {
        Self { undo, ..self }
    }

    const fn answers(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Measured with fewer requests than the others: what each needs takes long to make.
    const fn few(self) -> Self {
        Self { few: true, ..self }
    }

    const fn reads_what_it_names(self) -> Self {
        Self { aim: Aim::ReadsWhatItNames, ..self }
    }

    const fn without_aim(self) -> Self {
        Self { aim: Aim::None, ..self }
    }

    const fn in_staging(self) -> Self {
        Self { environment: "stg", ..self }
    }

    const fn with_key(self) -> Self {
        Self { keyed: true, variant: " + Idempotency-Key", ..self }
    }

    /// What it is called in tables and results.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.bin, self.variant)
    }

    /// How many round trips it may take, the lease aside.
    pub(crate) fn aim(&self) -> Option<f64> {
        match (self.aim, self.bin.rsplit('-').next()) {
            (Aim::OfTheVerb, Some("get" | "create")) => Some(1.0),
            (Aim::OfTheVerb, Some("list")) | (Aim::ReadsWhatItNames, _) => Some(2.0),
            _ => None,
        }
    }

    /// How many of `count` requests it is measured with.
    pub(crate) fn share(&self, count: usize) -> usize {
        if self.few { count.div_ceil(6) } else { count }
    }
}

/// Every scenario.
pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    let concepts = [
        account::SCENARIOS,
        customers::SCENARIOS,
        catalog::SCENARIOS,
        meters::SCENARIOS,
        tax_rates::SCENARIOS,
        payments::SCENARIOS,
        change_requests::SCENARIOS,
        subscriptions::SCENARIOS,
        invoices::SCENARIOS,
        checkout::SCENARIOS,
        webhooks::SCENARIOS,
    ];
    concepts.into_iter().flatten()
}

/// The plain scenario of an operation.
pub(crate) fn of(bin: &str) -> Result<&'static Scenario> {
    all().find(|scenario| scenario.bin == bin).ok_or_else(|| anyhow!("{bin} has no scenario"))
}

/// Fails unless there is a scenario for each HTTP operation of the template, and for nothing else.
pub(crate) fn check(template: &Template) -> Result<()> {
    let of_the_api = |one: &&local::template::Function| {
        one.routes().iter().any(|route| route.is_default() || route.path.starts_with("/api/"))
    };
    let operations = template.functions().iter().filter(of_the_api);
    let operations: Vec<&str> = operations.map(|one| one.bin.as_str()).collect();
    let covered = |bin: &str| all().any(|scenario| scenario.bin == bin);
    let missing: Vec<_> = operations.iter().copied().filter(|bin| !covered(bin)).collect();
    let stray = all().map(|scenario| scenario.bin);
    let stray: Vec<_> = stray.filter(|bin| !operations.contains(bin)).collect();
    let folder = "bench/src/scenario";
    match (missing.is_empty(), stray.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => bail!("no scenario for: {}. Add them in {folder}", missing.join(", ")),
        (_, false) => bail!("no operation for the scenarios: {}. See {folder}", stray.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verb_has_the_aim() {
        let aim = |bin| Scenario::new(bin, "").aim();
        let aims = ["a-get", "a-create", "a-list", "a-update"].map(aim);
        assert_eq!(aims, [Some(1.0), Some(1.0), Some(2.0), None]);
        let create = Scenario::new("a-create", "");
        assert_eq!(create.reads_what_it_names().aim(), Some(2.0));
        assert_eq!(create.without_aim().aim(), None);
    }

    #[test]
    fn every_operation_of_the_template_has_a_scenario() {
        check(&Template::load(crate::root().join("template.yaml")).unwrap()).unwrap();
    }

    #[test]
    fn an_operation_without_a_scenario_ends_the_run() {
        let template = Template::parse(
            "Resources:
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: t/new-thing/}}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        paths:
          /api/x: {get: {x-amazon-apigateway-integration: {$ref: '#/components/x-amazon-apigateway-integrations/F'}}}
        components: {x-amazon-apigateway-integrations: {F: {uri: !GetAtt F.Arn}}}",
        );
        let error = check(&template.unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("no scenario for: new-thing."), "{error}");
    }
}
