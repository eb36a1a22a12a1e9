//! The same events in PostgreSQL: a row for each, and a unique index over what tells them apart.

use super::Event;
use crate::postgres::Server;
use anyhow::{Result, bail};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, Statement};

/// A running server, a connection to it, and what is sent.
pub(super) struct Postgres {
    client: Client,
    batch: Statement,
    one: Statement,
    sum: Statement,
    /// `PostgreSQL 15.18 …`
    pub(super) version: String,
    /// Stops when this is dropped.
    _server: Server,
}

/// How a batch is sent.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// As one statement.
    AtOnce,
    /// As a statement for each event, each its own transaction.
    OneByOne,
}

const INTO: &str = "INSERT INTO events (account_id, meter_id, identifier, customer_id, value, payload, happened_at)";
const MET: &str = "ON CONFLICT (account_id, meter_id, identifier) DO NOTHING";

impl Postgres {
    /// Starts a server that has one empty, indexed table.
    pub(super) async fn start() -> Result<Self> {
        let server = Server::start()?;
        let client = server.client().await?;
        client
            .batch_execute(
                "CREATE TABLE events (account_id text NOT NULL, meter_id text NOT NULL, \
                     identifier text NOT NULL, customer_id text NOT NULL, \
                     recorded_at timestamptz NOT NULL DEFAULT now(), value bigint NOT NULL, \
                     happened_at timestamptz, payload json NOT NULL); \
                 CREATE UNIQUE INDEX once ON events (account_id, meter_id, identifier)",
            )
            .await?;
        let many = format!(
            "{INTO} SELECT 'acc', 'mtr', i, 'cus', v, p::json, h::timestamptz \
             FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS t(i, v, p, h) {MET}"
        );
        let one = format!(
            "{INTO} VALUES ('acc', 'mtr', $1, 'cus', $2, $3::text::json, $4::text::timestamptz) {MET}"
        );
        let sum = "SELECT count(*), sum(value)::bigint FROM events \
                   WHERE account_id = 'acc' AND meter_id = 'mtr' AND customer_id = 'cus'";
        Ok(Self {
            batch: client.prepare(&many).await?,
            one: client.prepare(&one).await?,
            sum: client.prepare(sum).await?,
            version: client.query_one("SELECT version()", &[]).await?.try_get(0)?,
            client,
            _server: server,
        })
    }

    /// Empties the table, and fills it with these batches: how long that takes.
    pub(super) async fn fill(&self, how: How, batches: &[Vec<Event>]) -> Result<Duration> {
        self.client.batch_execute("TRUNCATE events").await?;
        let begin = Instant::now();
        for batch in batches {
            let rows = match how {
                How::AtOnce => self.at_once(batch).await?,
                How::OneByOne => self.one_by_one(batch).await?,
            };
            if usize::try_from(rows)? != batch.len() {
                bail!("PostgreSQL took {rows} of {}", batch.len());
            }
        }
        Ok(begin.elapsed())
    }

    async fn at_once(&self, batch: &[Event]) -> Result<u64> {
        let names: Vec<&str> = batch.iter().map(|event| event.identifier.as_str()).collect();
        let values: Vec<i64> = batch.iter().map(|event| event.value).collect();
        let payloads: Vec<String> = batch.iter().map(|event| event.payload.to_string()).collect();
        let times: Vec<Option<String>> = batch.iter().map(Event::happened_at).collect();
        Ok(self.client.execute(&self.batch, &[&names, &values, &payloads, &times]).await?)
    }

    async fn one_by_one(&self, batch: &[Event]) -> Result<u64> {
        let mut rows = 0;
        for event in batch {
            let (payload, time) = (Value::to_string(&event.payload), event.happened_at());
            let Event { identifier, value, .. } = event;
            rows += self.client.execute(&self.one, &[identifier, value, &payload, &time]).await?;
        }
        Ok(rows)
    }

    /// Adds the events up: how long that takes. They are `count`, and come to `sum`.
    pub(super) async fn add_up(&self, (count, sum): (usize, i64)) -> Result<Duration> {
        let begin = Instant::now();
        let row = self.client.query_one(&self.sum, &[]).await?;
        let took = begin.elapsed();
        let found: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if found != (i64::try_from(count)?, sum) {
            bail!("PostgreSQL has {found:?}, not {:?}", (count, sum));
        }
        Ok(took)
    }
}
