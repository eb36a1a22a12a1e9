//! `local`: the development stack on the command line. `make` calls it; `local help` lists what it
//! can do.

mod audit;
mod backfill;
mod backup;
mod books;
mod dev;
mod print;
mod rebuild;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use local::{
    Binaries, Template, accounts, contents,
    engine::{Engine, Storage},
    openapi, watch,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The billing API on this machine.
#[derive(Parser)]
#[command(name = "local", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything: gateway, functions, table, streams and schedules.
    Dev(dev::DevArgs),
    /// Runs only DynamoDB with the table, for `cargo lambda watch`.
    Dynamodb {
        /// The template that defines the table.
        #[arg(long, default_value = "template.yaml")]
        template: PathBuf,
        /// The port on 127.0.0.1.
        #[arg(long, default_value_t = 8000)]
        port: u16,
        /// The folder of the data; in memory when it is left out.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Makes an account on a running stack and prints its tokens as one line of JSON.
    Account {
        /// `prod` or `stg`.
        #[arg(long = "env", default_value = "stg")]
        environment: String,
        /// The account's name.
        #[arg(long, default_value = "Demo")]
        name: String,
        /// Requests per second that its tokens may make.
        #[arg(long)]
        rate: Option<u32>,
        #[command(flatten)]
        running: Running,
    },
    /// Makes the demo accounts of a running stack, unless they are there, and their file.
    Accounts {
        /// The file that keeps them.
        #[arg(long, default_value = ".dev/credentials.json")]
        credentials: PathBuf,
        #[command(flatten)]
        running: Running,
    },
    /// Has objects of a running stack that were stored before a filter enter its lists.
    Backfill {
        /// Where to go on, as an earlier one said.
        #[arg(long)]
        after: Option<String>,
        #[command(flatten)]
        running: Running,
    },
    /// Checks what must hold of every item of a table, and fails where it does not.
    Audit {
        #[command(flatten)]
        table: audit::Table,
        #[command(flatten)]
        processors: audit::Processors,
    },
    /// Writes an account's books in double entry, for an accounting program.
    ExportBooks(books::BooksArgs),
    /// Writes a table into files, as DynamoDB's export to S3 does.
    Export {
        #[command(flatten)]
        from: backup::Data,
        /// The folder to write them below.
        #[arg(long)]
        into: PathBuf,
    },
    /// Makes new data of such files, downloaded from S3 or written here, and audits it.
    Restore {
        /// The folder with manifest-summary.json.
        #[arg(long)]
        from: PathBuf,
        #[command(flatten)]
        into: backup::Data,
    },
    /// Exports data, restores it beside, audits it and compares what the two answer.
    RestoreDrill(backup::DrillArgs),
    /// Writes the lists of the functions, from the template.
    Functions,
    /// Writes openapi.yaml, from the template and the debug build of the functions.
    Openapi {
        /// Writes nothing; fails when the file is not up to date.
        #[arg(long)]
        check: bool,
    },
    /// Writes what `cargo lambda watch` needs: its `--global` and its `--env-file`.
    WatchConfig {
        /// The template to take them from.
        #[arg(long, default_value = "template.yaml")]
        template: PathBuf,
        /// The folder to write `watch.toml` and `watch.env` into.
        #[arg(long, default_value = ".dev")]
        folder: PathBuf,
        /// Where the functions find DynamoDB.
        #[arg(long, default_value = "http://127.0.0.1:8000")]
        dynamodb_url: String,
    },
}

/// A running stack.
#[derive(Args)]
struct Running {
    /// Its port on 127.0.0.1; by default that of the last `make dev` in this folder.
    #[arg(long, env = "PORT")]
    port: Option<u16>,
    /// Its URL, in place of a port.
    #[arg(long)]
    endpoint: Option<String>,
}

impl Running {
    fn url(&self) -> String {
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        let last = || accounts::last_endpoint(Path::new(".dev/credentials.json"));
        let named = self.endpoint.clone().or_else(|| self.port.map(at));
        named.or_else(last).unwrap_or_else(|| at(9000))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Dev(args) => dev::run(args).await,
        Command::Dynamodb { template, port, data } => dynamodb(&template, port, data).await,
        Command::Account { environment, name, rate, running } => {
            if !["prod", "stg"].contains(&environment.as_str()) {
                bail!("an account is in the environment prod or stg, not {environment}");
            }
            let answer = accounts::create(&running.url(), &environment, &name, rate).await?;
            print::line(&answer.to_string());
            Ok(())
        }
        Command::Accounts { credentials, running } => {
            let known = accounts::ensure(&running.url(), &credentials).await?;
            print::banner(&known, (&credentials, None), [None; 3]);
            Ok(())
        }
        Command::Backfill { after, running } => backfill::run(&running.url(), after).await,
        Command::Audit { table, processors } => audit::run(table, processors).await,
        Command::ExportBooks(args) => books::run(args).await,
        Command::Export { from, into } => backup::write(from, &into).await,
        Command::Restore { from, into } => backup::read(&from, into).await,
        Command::RestoreDrill(args) => backup::practise(args).await,
        Command::Functions => {
            let written = contents::write(Path::new("."))?;
            written.iter().for_each(|name| print::line(&format!("wrote {name}")));
            Ok(())
        }
        Command::Openapi { check } => openapi(check),
        Command::WatchConfig { template, folder, dynamodb_url } => {
            let template = Template::load(template)?;
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join("watch.toml"), watch::router(&template))?;
            std::fs::write(folder.join("watch.env"), watch::environment(&template, &dynamodb_url))?;
            Ok(())
        }
    }
}

fn openapi(check: bool) -> Result<()> {
    let file = Path::new("openapi.yaml");
    let fresh = openapi::generate(Path::new("."), &Binaries::at(&dev::beside(false)?)?)?;
    if !check {
        std::fs::write(file, fresh)?;
    } else if std::fs::read_to_string(file).unwrap_or_default() != fresh {
        bail!("{} is stale: run `make openapi`", file.display());
    }
    Ok(())
}

async fn dynamodb(template: &Path, port: u16, data: Option<PathBuf>) -> Result<()> {
    let template = Template::load(template)?;
    let storage = data.map_or(Storage::Memory, Storage::Folder);
    let engine = Engine::start(&storage, port).await.map_err(|error| dev::explain(error, port))?;
    engine.ensure_table(template.table()?).await?;
    print::line(&format!("DynamoDB with the table {} at {}", template.table()?.name, engine.url));
    dev::stopped().await?;
    engine.stop().await;
    Ok(())
}
