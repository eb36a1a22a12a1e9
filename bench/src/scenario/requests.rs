//! A scenario on an account of its own: what it needs is made, and its requests are formed.

use super::{Given, Scenario, Step};
use crate::api::{Api, Ask, Client};
use anyhow::{Context, Result, anyhow, bail};
use jiff::{SignedDuration, Timestamp};
use local::router::Router;
use serde_json::Value;

/// The requests of a scenario, one after the other, on one account.
///
/// What is sent between two of them, to make what the next one needs or to undo what the last one
/// did, is sent to other functions and counts for none.
pub(crate) struct Requests {
    scenario: &'static Scenario,
    client: Client,
    /// What was made once.
    once: Made,
    /// That, and what the next request names.
    made: Made,
    sent: usize,
}

/// What was made: names and ids.
type Made = Vec<(&'static str, String)>;

impl Scenario {
    /// Makes an account, and what it has to have.
    pub(crate) async fn on(&'static self, api: &Api) -> Result<Requests> {
        let client = api.client_in(self.environment).await?;
        let (count, steps) = match self.given {
            Given::Nothing | Given::Each(_) => (0, [].as_slice()),
            Given::One(steps) => (1, steps),
            Given::Many(count, steps) => (count, steps),
        };
        let once = make(&client, self.once, 0, Vec::new()).await?;
        let mut made = once.clone();
        for number in 0..count {
            made = make(&client, steps, number, once.clone()).await?;
        }
        let mut requests = Requests { scenario: self, client, once, made, sent: 0 };
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
            self.made = make(&self.client, steps, number, self.once.clone()).await?;
        }
        let mut ask = ask(scenario.ask, scenario.body, number, &self.made)?;
        ask.status = scenario.status;
        ask.key = scenario.keyed.then(|| format!("bench-{number}"));
        Ok(ask)
    }

    /// Undoes what the request did that was answered with `answer`; `$id` is the answer's.
    pub(crate) async fn undo(&self, answer: &str) -> Result<()> {
        if self.scenario.undo.is_empty() {
            return Ok(());
        }
        let made = match self.scenario.undo.contains("$id") {
            true => vec![("id", id_at("/id", answer)?)],
            false => Vec::new(),
        };
        self.client.send(&ask(self.scenario.undo, "", 0, &made)?).await.map(drop)
    }
}

/// Sends the steps; the ids that they gave, beside those that there were.
async fn make(client: &Client, steps: &[Step], number: usize, mut made: Made) -> Result<Made> {
    for step in steps {
        let answer = client.send(&ask(step.ask, step.body, number, &made)?).await?;
        made.push((step.name, id_at(step.id, &answer).with_context(|| step.ask.to_owned())?));
    }
    Ok(made)
}

fn id_at(pointer: &str, answer: &str) -> Result<String> {
    let answer: Value = serde_json::from_str(answer)?;
    let id = answer.pointer(pointer).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| anyhow!("there is no id at {pointer} of {answer}"))
}

fn ask(ask: &str, body: &str, number: usize, made: &Made) -> Result<Ask> {
    let (method, path) = ask.split_once(' ').ok_or_else(|| anyhow!("{ask} has no method"))?;
    let minutes = SignedDuration::from_mins(i64::try_from(number)?);
    let later = "2030-01-01T00:00:00Z".parse::<Timestamp>()?.checked_add(minutes)?;
    let mut names = made.clone();
    names.extend([("n", number.to_string()), ("t", later.to_string())]);
    // The longest first, because a name may begin with another; of one name, what was made last.
    names.reverse();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let filled = |text: &str| {
        let fill = |text: String, (name, id): &(_, String)| text.replace(&format!("${name}"), id);
        names.iter().fold(text.to_owned(), fill)
    };
    Ok(Ask {
        method: method.parse()?,
        path: filled(path),
        body: (!body.is_empty()).then(|| filled(body)),
        key: None,
        status: 200,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_what_was_made_for_it() {
        let made = [("price", "price_0"), ("price", "price_1"), ("price_of_all", "price_2")];
        let made = made.map(|(name, id)| (name, id.to_owned())).to_vec();
        let body = r#"{"of": "$price", "all": "$price_of_all", "to": "$t"}"#;
        let ask = ask("POST /api/x/$price?a=$n", body, 7, &made).unwrap();
        assert_eq!((ask.method.as_str(), ask.path.as_str()), ("POST", "/api/x/price_1?a=7"));
        let body = r#"{"of": "price_1", "all": "price_2", "to": "2030-01-01T00:07:00Z"}"#;
        assert_eq!(ask.body.as_deref(), Some(body));
    }
}
