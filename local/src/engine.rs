//! DynamoDB for development: dynoxide in this process, or any endpoint that speaks DynamoDB; and
//! the table of the template in it.
//!
//! The data is always in a file, also for tests, where the file is in memory (`/dev/shm`) and has
//! no name any more once it is open. The reason is an index: dynoxide 3.2 scans all stream records
//! on every write to find the next sequence number, which makes 10,000 writes ten times slower than
//! the first, and an index on its file cures that. A trigger beside it forgets records after a day,
//! as DynamoDB does.

use crate::{
    http::{HttpClient, client, exchange, listen},
    template::Table,
};
use anyhow::{Context, Result, anyhow, bail};
use dynoxide::{Database, ImportOptions, Item};
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle};

/// Where the engine keeps its data.
#[derive(Debug, Clone)]
pub enum Storage {
    /// In memory, gone with the stack. Nothing is ever written to a disk.
    Memory,
    /// In this folder. A crash of the stack loses nothing; a crash of the machine may lose the last
    /// writes (SQLite's `synchronous=NORMAL`), which makes it 25 times faster.
    Folder(PathBuf),
}

/// The stream records dynoxide keeps, found by an index and forgotten after 24 hours.
const REPAIR: &str = "
    CREATE INDEX IF NOT EXISTS local_stream_order
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE TRIGGER IF NOT EXISTS local_stream_retention
        AFTER INSERT ON _stream_records WHEN NEW.id % 4096 = 0
        BEGIN DELETE FROM _stream_records WHERE created_at < NEW.created_at - 86400; END;";

/// How often expired items are deleted. DynamoDB promises a few days.
const SWEEP: Duration = Duration::from_secs(60);

/// A dynoxide server in this process.
pub struct Engine {
    /// Its URL.
    pub url: String,
    database: Database,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    sweeper: JoinHandle<()>,
    _lock: Option<File>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the data and serves it on `port`, 0 being any free one.
    ///
    /// # Errors
    /// When the data cannot be opened or the port is taken.
    pub async fn start(storage: &Storage, port: u16) -> Result<Self> {
        let (database, lock) = match storage {
            Storage::Memory => (in_memory()?, None),
            Storage::Folder(folder) => {
                let lock = lock(folder)?;
                (in_folder(folder)?, Some(lock))
            }
        };
        let (listener, address) = listen(port).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let sweeper = tokio::spawn(sweep(database.clone()));
        let own = database.clone();
        let server = tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.await;
            };
            let _ = dynoxide::server::serve_with_shutdown(listener, database, stopped).await;
        });
        let url = format!("http://{address}");
        Ok(Self { url, database: own, stop, server, sweeper, _lock: lock })
    }

    /// What puts items into a table without a request for each 25 of them. Their stream does not hear
    /// of it.
    pub fn importer(&self, table: &str) -> Importer {
        Importer { database: self.database.clone(), table: table.to_owned() }
    }

    /// Makes the table, unless it is there already.
    ///
    /// # Errors
    /// When the data has a table of that name with another key or stream.
    pub async fn ensure_table(&self, table: &Table) -> Result<()> {
        Endpoint::new(&self.url).ensure_table(table).await
    }

    /// Stops serving; what was answered is kept.
    pub async fn stop(self) {
        self.sweeper.abort();
        let _ = self.stop.send(());
        // An idle connection of a dead function may keep the server waiting; nothing is lost by
        // not waiting for it.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.server).await;
    }
}

/// Puts items into a table in bulk.
pub struct Importer {
    database: Database,
    table: String,
}

impl std::fmt::Debug for Importer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Importer").field("table", &self.table).finish_non_exhaustive()
    }
}

impl Importer {
    /// Puts the items, written as DynamoDB writes them (`{"PK": {"S": …}, …}`): all or none.
    ///
    /// # Errors
    /// When one is no item.
    pub fn put(&self, items: Vec<Value>) -> Result<()> {
        let items = items.into_iter().map(serde_json::from_value::<Item>);
        let items = items.collect::<Result<Vec<_>, _>>().context("no item")?;
        self.database.import_items(&self.table, items, ImportOptions::default())?;
        Ok(())
    }
}

fn in_memory() -> Result<Database> {
    let shm = Path::new("/dev/shm");
    let parent = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(parent).context("cannot make a folder for the data")?;
    let database = open(&folder.path().join("dynamodb.sqlite"))?;
    // Leaves `synchronous = OFF` behind: there is nothing to lose.
    database.enable_bulk_loading()?;
    // Dropping the folder takes the names away; the files live until the database is closed.
    Ok(database)
}

/// Makes the folder this engine's own: two engines on one database would not know each other's
/// transaction tokens.
fn lock(folder: &Path) -> Result<File> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let file = File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another stack is running on the data in {}; stop it first", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn in_folder(folder: &Path) -> Result<Database> {
    let database = open(&folder.join("dynamodb.sqlite"))?;
    // The pair leaves `synchronous = NORMAL` behind, and nothing else.
    database.enable_bulk_loading()?;
    database.disable_bulk_loading()?;
    Ok(database)
}

fn open(path: &Path) -> Result<Database> {
    let text = path.to_str().ok_or_else(|| anyhow!("{} is not UTF-8", path.display()))?;
    let database =
        Database::new(text).with_context(|| format!("cannot open the data in {text}"))?;
    let repair = rusqlite::Connection::open(path)?;
    repair.busy_timeout(Duration::from_secs(5))?;
    repair.execute_batch(REPAIR).context("cannot index the stream records")?;
    Ok(database)
}

async fn sweep(database: Database) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let database = database.clone();
        let _ = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
    }
}

/// A client for whatever DynamoDB is at a URL.
#[derive(Clone)]
pub struct Endpoint {
    url: String,
    client: HttpClient,
}

impl Endpoint {
    /// A client for the one at `url`.
    pub fn new(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), client: client() }
    }

    /// Calls `target`, such as `DynamoDB_20120810.PutItem`.
    ///
    /// # Errors
    /// DynamoDB's message, or that there was no answer.
    pub async fn call(&self, target: &str, body: &Value) -> Result<Value> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/", self.url))
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .header("x-amz-date", "20260101T000000Z")
            .header(
                header::AUTHORIZATION,
                "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=0",
            )
            .body(Full::from(body.to_string()))?;
        let answer = exchange(&self.client, request)
            .await
            .with_context(|| format!("DynamoDB at {} does not answer", self.url))?;
        let body: Value = serde_json::from_slice(answer.body())?;
        if answer.status().is_success() {
            return Ok(body);
        }
        bail!("{target} answered {}: {body}", answer.status())
    }

    /// Hands every item of `table` to `each`, as DynamoDB writes it.
    pub(crate) async fn scan(
        &self,
        table: &str,
        mut each: impl FnMut(Value) -> Result<()>,
    ) -> Result<()> {
        let mut request = json!({"TableName": table, "ConsistentRead": true});
        loop {
            let mut page = self.call("DynamoDB_20120810.Scan", &request).await?;
            let items = page.get_mut("Items").and_then(Value::as_array_mut);
            items.map(std::mem::take).unwrap_or_default().into_iter().try_for_each(&mut each)?;
            let Some(last) = page.get("LastEvaluatedKey").filter(|key| !key.is_null()) else {
                return Ok(());
            };
            if let Some(request) = request.as_object_mut() {
                request.insert("ExclusiveStartKey".to_owned(), last.clone());
            }
        }
    }

    /// Makes the table, its time to live and its stream, unless they are there already.
    pub(crate) async fn ensure_table(&self, table: &Table) -> Result<()> {
        let name = json!({"TableName": table.name});
        match self.call("DynamoDB_20120810.DescribeTable", &name).await {
            Ok(existing) => return check(table, &existing),
            Err(error) if format!("{error:#}").contains("ResourceNotFoundException") => {}
            Err(error) => return Err(error),
        }
        self.call("DynamoDB_20120810.CreateTable", &table.create_request()).await?;
        if let Some(attribute) = &table.ttl_attribute {
            let request = json!({
                "TableName": table.name,
                "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
            });
            self.call("DynamoDB_20120810.UpdateTimeToLive", &request).await?;
        }
        Ok(())
    }
}

/// That the table in the data is the one of the template.
fn check(table: &Table, existing: &Value) -> Result<()> {
    let key = existing.pointer("/Table/KeySchema").unwrap_or(&Value::Null);
    let view =
        existing.pointer("/Table/StreamSpecification/StreamViewType").and_then(Value::as_str);
    if *key != json!(table.key_schema) || view != table.stream_view.as_deref() {
        bail!(
            "the table {} in the data has another key or stream than the template; \
             delete the data to start again",
            table.name
        );
    }
    Ok(())
}
