//! A PostgreSQL server, to be compared with.
//!
//! The server is the machine's own, started for this with its data in memory like the other
//! database's, and stopped when this is dropped; it ends with this program, however that ends. It
//! refuses to run as root, so where this program does, it is started as the user `postgres`. Its buffers
//! have room for everything.

use anyhow::{Context, Result, bail};
use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// Whose server it is where this program is root.
const USER: &str = "postgres";
/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. It stops when this is dropped.
pub(crate) struct Server {
    folder: TempDir,
    as_user: bool,
    process: Option<Child>,
}

impl Server {
    /// Starts one with no tables.
    pub(crate) fn start() -> Result<Self> {
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

    /// A connection to it, as soon as it takes one.
    pub(crate) async fn client(&self) -> Result<Client> {
        let socket = self.folder.path().to_str().context("its folder is not UTF-8")?;
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
        Ok(client)
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
