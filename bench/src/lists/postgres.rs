//! PostgreSQL with the same rows: `ORDER BY … LIMIT … OFFSET` and `COUNT(*)`, over an index that has
//! the order asked for.
//!
//! The server is the machine's own, started for this with its data in memory like the other
//! database's, and stopped when this is dropped; it ends with this program, however that ends. It
//! refuses to run as root, so where this program does, it is started as the user `postgres`. Its buffers
//! have room for everything.

use super::{Look, rows::Rows};
use anyhow::{Context, Result, bail};
use futures_util::SinkExt;
use std::{
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
    pin::pin,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, Statement};

/// Whose server it is where this program is root.
const USER: &str = "postgres";
/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);
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

struct Server {
    folder: TempDir,
    as_user: bool,
    process: Option<Child>,
}

impl Postgres {
    /// Starts a server that has one empty, indexed table.
    pub(super) async fn start() -> Result<Self> {
        let server = Server::start()?;
        let socket = server.folder.path().to_str().context("its folder is not UTF-8")?;
        let settings = format!("host={socket} user={USER} dbname=postgres");
        let begin = Instant::now();
        let (client, connection) = loop {
            match tokio_postgres::connect(&settings, NoTls).await {
                Ok(connected) => break connected,
                Err(error) if begin.elapsed() > PATIENCE => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        tokio::spawn(connection);
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

impl Server {
    fn start() -> Result<Self> {
        let as_user = id(&["-u"])? == 0;
        let shm = Path::new("/dev/shm");
        let parent = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(parent)?;
        if as_user {
            let owner = (id(&["-u", USER])?, id(&["-g", USER])?);
            std::os::unix::fs::chown(folder.path(), Some(owner.0), Some(owner.1))?;
        }
        let data = folder.path().join("data");
        let mut server = Self { as_user, folder, process: None };
        run(server.command(&program("initdb")?).arg("-D").arg(&data).args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]))?;
        let socket = server.folder.path().display().to_string();
        let mut start = server.command(&program("postgres")?);
        start.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-k", &socket]);
        start.args(["-c", "shared_buffers=2GB", "-c", "fsync=off"]);
        server.process = Some(quiet(&mut start).spawn().context("postgres cannot be started")?);
        Ok(server)
    }

    /// One of its programs, as its user, that is interrupted when this program ends.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        if self.as_user {
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
        }
        command.args(["--pdeathsig", "INT", "--"]).arg(program);
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // Interrupted and not killed, so that it takes its shared memory away.
            let interrupt = Command::new("kill").args(["-INT", &process.id().to_string()]).status();
            if !interrupt.is_ok_and(|status| status.success()) {
                let _ = process.kill();
            }
            let _ = process.wait();
        }
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn run(command: &mut Command) -> Result<()> {
    let status = quiet(command).status();
    let status = status.with_context(|| format!("{command:?} cannot be started"))?;
    if !status.success() {
        bail!("{command:?} failed with {status}");
    }
    Ok(())
}

/// One of the server's programs: on the path, or where Debian keeps them.
fn program(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    folders.extend(versions.filter_map(io::Result::ok).map(|entry| entry.path().join("bin")));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    found.with_context(|| format!("PostgreSQL is not on this machine: there is no {name}"))
}

/// What `id` says: a user's or a group's number.
fn id(arguments: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().with_context(|| format!("id {arguments:?} says {text:?}"))
}
