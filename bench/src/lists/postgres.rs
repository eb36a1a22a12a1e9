//! PostgreSQL with the same rows: `ORDER BY … LIMIT … OFFSET` and `COUNT(*)`, over an index that has
//! the order asked for.
//!
//! How the server is started: `postgres.rs` beside this folder.

use super::{Look, rows::Rows};
use crate::postgres::Server;
use anyhow::{Result, bail};
use futures_util::SinkExt;
use std::{fmt::Write as _, pin::pin, time::Instant};
use tokio_postgres::{Client, Statement};

/// How many bytes of rows are sent at once.
const CHUNK: usize = 256 * 1024;

/// A running server and a connection to it.
pub(super) struct Postgres {
    client: Client,
    page: Statement,
    count: Statement,
    /// `PostgreSQL 15.18 …`
    pub(super) version: String,
    /// Stops when this is dropped.
    _server: Server,
}

impl Postgres {
    /// Starts a server that has one empty, indexed table.
    pub(super) async fn start() -> Result<Self> {
        let server = Server::start()?;
        let client = server.client().await?;
        client
            .batch_execute(
                "CREATE TABLE customers (id text NOT NULL, account_id text NOT NULL, \
                     created_at timestamptz NOT NULL, object json NOT NULL); \
                 CREATE UNIQUE INDEX customers_of_account ON customers (account_id, id DESC)",
            )
            .await?;
        let page = "SELECT id, object::text FROM customers WHERE account_id = $1 \
                    ORDER BY id DESC LIMIT $2 OFFSET $3";
        let page = client.prepare(page).await?;
        let count = "SELECT count(*) FROM customers WHERE account_id = $1";
        let count = client.prepare(count).await?;
        let version = client.query_one("SELECT version()", &[]).await?.try_get(0)?;
        Ok(Self { client, page, count, version, _server: server })
    }

    /// Loads the rows of an account.
    pub(super) async fn load(&self, rows: &Rows) -> Result<()> {
        let copy = "COPY customers (id, account_id, created_at, object) FROM STDIN";
        let mut sink = pin!(self.client.copy_in::<_, bytes::Bytes>(copy).await?);
        let mut text = String::new();
        for number in 0..rows.count {
            let object = rows.object(number);
            let field = |name| object.get(name).and_then(serde_json::Value::as_str);
            let named = ["id", "account_id", "created_at"].map(field);
            let [Some(id), Some(account), Some(at)] = named else { bail!("{object} is no row") };
            // The only character of JSON without line breaks that COPY takes for something else.
            let json = object.to_string().replace('\\', "\\\\");
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{id}\t{account}\t{at}\t{json}");
            if text.len() > CHUNK {
                sink.send(std::mem::take(&mut text).into()).await?;
            }
        }
        sink.send(text.into()).await?;
        sink.finish().await?;
        // As a database is that has been running: with statistics, and with pages known to be visible.
        self.client.batch_execute("VACUUM ANALYZE customers").await?;
        Ok(())
    }

    /// Reads one page and the total.
    pub(super) async fn look(&self, rows: &Rows, offset: usize, limit: usize) -> Result<Look> {
        let (from, most) = (i64::try_from(offset)?, i64::try_from(limit)?);
        let begin = Instant::now();
        let page = self.client.query(&self.page, &[&rows.account, &most, &from]).await?;
        let total: i64 = self.client.query_one(&self.count, &[&rows.account]).await?.try_get(0)?;
        let took = begin.elapsed();
        let ids: Vec<String> = page.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        if ids != rows.page(offset, limit) || usize::try_from(total)? != rows.count {
            bail!("PostgreSQL gave {} of {total} at {offset}, which is wrong", ids.len());
        }
        Ok(Look { took, round_trips: 2, read_units: None })
    }

    /// How many bytes the table and its indexes have.
    pub(super) async fn bytes(&self) -> Result<i64> {
        let size = "SELECT pg_total_relation_size('customers')";
        Ok(self.client.query_one(size, &[]).await?.try_get(0)?)
    }
}
