//! `local dev`: the whole API, until Ctrl-C.

use crate::{print, rebuild};
use anyhow::{Result, anyhow};
use clap::{Args, builder::FalseyValueParser};
use local::{Options, Stack, accounts, demo};
use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::signal::unix::{SignalKind, signal};

/// The arguments of `local dev`.
#[derive(Args)]
pub(crate) struct DevArgs {
    /// The port on 127.0.0.1.
    #[arg(long, env = "PORT", default_value_t = 9000)]
    port: u16,
    /// Runs the release build of the functions.
    #[arg(long, env = "RELEASE", value_parser = FalseyValueParser::new())]
    release: bool,
    /// The program of all functions, beside this one when it is left out, or the folder of a binary
    /// for each.
    #[arg(long)]
    binaries: Option<PathBuf>,
    /// The template to run.
    #[arg(long, default_value = "template.yaml")]
    template: PathBuf,
    /// The folder of the data.
    #[arg(long, default_value = ".dev/data")]
    data: PathBuf,
    /// Another DynamoDB, in place of the one in this program.
    #[arg(long, env = "DYNAMODB_ENDPOINT")]
    dynamodb_endpoint: Option<String>,
    /// The file that keeps the demo accounts.
    #[arg(long, default_value = ".dev/credentials.json")]
    credentials: PathBuf,
    /// The most processes of one function.
    #[arg(long, default_value_t = 4)]
    max_processes: usize,
    /// Prints every line of the functions, not only what went wrong.
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    rebuild: rebuild::Rebuild,
}

pub(crate) async fn run(args: DevArgs) -> Result<()> {
    let verbose = args.verbose;
    let dynamodb_endpoint = args.dynamodb_endpoint.filter(|url| !url.is_empty());
    let options = Options {
        binaries: args.binaries.map_or_else(|| beside(args.release), Ok)?,
        template: args.template,
        port: args.port,
        data: dynamodb_endpoint.is_none().then_some(args.data),
        dynamodb_endpoint,
        max_processes: args.max_processes,
        log_sink: Some(Arc::new(move |line| print::log(line, verbose))),
        access_sink: Some(Arc::new(print::access)),
        // A test clock or a trial would otherwise be a minute late.
        environment: environment(&args.credentials)?,
        schedule_override: Some(Duration::from_secs(1)),
        record_wire: false,
        ..Options::default()
    };
    let data = options.data.clone();
    // Before it is replaced by another one.
    let own = std::env::current_exe()?;
    // Before anything starts, so that an early Ctrl-C is not lost.
    let stop = stopped();
    let stack = Stack::start(options).await.map_err(|error| explain(error, args.port))?;
    print::undelivered(stack.template());
    match accounts::ensure(&stack.base_url(), &args.credentials).await {
        Ok(credentials) => {
            let checkout = demo::checkout(&credentials).await;
            let dashboard = demo::dashboard(&credentials).await;
            let portal = demo::portal(&credentials).await;
            if let Some((url, secret)) = demo::stripe(&credentials).await {
                stack.stripe().listens(&url, secret);
            }
            let place = (args.credentials.as_path(), data.as_deref());
            let pages = [dashboard.as_deref(), checkout.as_deref(), portal.as_deref()];
            print::banner(&credentials, place, pages);
        }
        Err(error) => {
            stack.shutdown().await;
            return Err(error.context("cannot make the demo accounts"));
        }
    }
    let again = tokio::select! {
        stopped = stop => stopped.map(|()| false),
        changed = args.rebuild.follow(&stack) => changed.map(|()| true),
    };
    stack.shutdown().await;
    match again? {
        true => Err(rebuild::start_again(&own)),
        false => Ok(()),
    }
}

/// What the functions are told: by which key accounts' secrets are sealed. It is kept beside the demo
/// accounts' tokens, because the data is kept too.
fn environment(credentials: &Path) -> Result<BTreeMap<String, String>> {
    let file = credentials.with_file_name("secrets-key");
    let key = match std::fs::read_to_string(&file) {
        Ok(key) => key,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&file, &key)?;
            key
        }
        Err(error) => return Err(error.into()),
    };
    let mut environment = Options::default().environment;
    environment.insert("SECRETS_KEY".to_owned(), key.trim().to_owned());
    Ok(environment)
}

/// The functions are built beside this program, unless the other profile is asked for.
pub(crate) fn beside(release: bool) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or_else(|| anyhow!("this program is in no folder"))?;
    let target = folder.parent().unwrap_or(folder);
    let folder = if release { target.join("release") } else { folder.to_owned() };
    Ok(folder.join("functions"))
}

/// Waits for Ctrl-C, or for whoever asks this program to end.
pub(crate) fn stopped() -> impl Future<Output = Result<()>> {
    let signals =
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    async move {
        let [interrupt, terminate, hangup] = signals;
        let (mut interrupt, mut terminate, mut hangup) = (interrupt?, terminate?, hangup?);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        Ok(())
    }
}

/// An error in the words of someone who ran `make dev`.
pub(crate) fn explain(error: anyhow::Error, port: u16) -> anyhow::Error {
    let in_use = error.chain().any(|cause| {
        let cause = cause.downcast_ref::<std::io::Error>();
        cause.is_some_and(|cause| cause.kind() == ErrorKind::AddrInUse)
    });
    if in_use {
        let next = port.checked_add(1).unwrap_or(9000);
        return anyhow!("port {port} is in use; stop what uses it, or choose another: PORT={next}");
    }
    error
}
