//! What `local` prints. Results and the access log go to the standard output, complaints to the
//! standard error.

use local::{Access, Template, accounts::Credentials, logs::Line};
use serde_json::Value;
use std::{
    io::{IsTerminal, Write},
    path::Path,
    time::Duration,
};

/// A line on the standard output. A reader that went away is no reason to end.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A whole text, as it is.
pub(crate) fn text(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// `text` in a colour, when somebody is looking.
fn colour(text: &str, code: u8) -> String {
    match std::io::stdout().is_terminal() {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

const RED: u8 = 31;
const YELLOW: u8 = 33;
const BOLD: u8 = 1;
const DIM: u8 = 2;

/// How far something has got, beside its result.
pub(crate) fn progress(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// Whether somebody looks at a terminal.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// How long a build takes so far, in one line of the terminal that is written again and again; nothing
/// takes it away.
pub(crate) fn still(building_for: Option<Duration>) {
    if is_watched() {
        let text = building_for.map(|so_far| format!("building… {} s", so_far.as_secs()));
        let mut terminal = std::io::stderr().lock();
        let _ = write!(terminal, "\r\x1b[K{}", text.unwrap_or_default());
        let _ = terminal.flush();
    }
}

/// An error, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr().lock(), "local: {error:#}");
}

/// Events of the template that are not delivered here.
pub(crate) fn undelivered(template: &Template) {
    for function in template.functions() {
        for kind in &function.undelivered {
            line(&format!(
                "{} has an event of type {kind}, which is not delivered here",
                function.bin
            ));
        }
    }
}

/// One answered request.
pub(crate) fn access(access: &Access) {
    let status = access.status.to_string();
    let status = match access.status {
        500.. => colour(&status, RED),
        400.. => colour(&status, YELLOW),
        _ => status,
    };
    let (method, path) = (&access.method, &access.path);
    let time = format!("{} ms", access.duration.as_millis());
    line(&format!("{method:<6} {path} {status} {time} {}", colour(&access.function, DIM)));
    if let Some(error) = &access.error {
        line(&colour(&format!("       {error}"), RED));
    }
}

/// One line of a function. A function logs each request as a line of JSON; the access log has said
/// that already, so of those only what went wrong is shown.
pub(crate) fn log(entry: &Line, verbose: bool) {
    if verbose || !is_routine(&entry.text) {
        line(&format!("{} {}", colour(&format!("{} |", entry.function), DIM), entry.text));
    }
}

fn is_routine(text: &str) -> bool {
    if text.trim().is_empty() {
        return true;
    }
    let Ok(Value::Object(entry)) = serde_json::from_str(text) else { return false };
    let level = entry.get("level").and_then(Value::as_str).unwrap_or("info");
    let failed = entry.get("status").and_then(Value::as_u64).is_some_and(|status| status >= 500);
    !failed && !["warn", "error"].contains(&level.to_lowercase().as_str())
}

/// What somebody who has just started the API wants to know.
pub(crate) fn banner(
    credentials: &Credentials,
    (file, data): (&Path, Option<&Path>),
    [dashboard, checkout, portal]: [Option<&str>; 3],
) {
    let (url, token) = (&credentials.base_url, &credentials.prod.secret_token);
    let data = match data {
        Some(folder) => {
            format!("  data         {} (kept; `make dev-reset` forgets it)\n", folder.display())
        }
        None => String::new(),
    };
    let shown = |name: &str, url: Option<&str>, about: &str| match url {
        Some(url) => format!("  {name:<12} {url}\n               ({about})\n"),
        None => String::new(),
    };
    let dashboard = shown("dashboard", dashboard, "of the stg account; the link works once");
    let checkout = shown("checkout", checkout, "a page to pay on, in test mode");
    let portal = shown("portal", portal, "what a customer sees of theirs; for an hour");

    line(&format!(
        r#"
  {title}

{dashboard}{checkout}{portal}  base URL     {url}
  credentials  {file} (a prod and a stg account)
{data}  time zones   {zones}

  Create a customer, then list them:

curl {url}/customers \
  -H "Authorization: Bearer {token}" \
  -H "Content-Type: application/json" \
  -d '{{"email": "jane@example.com", "name": "Jane Smith"}}'

curl {url}/customers \
  -H "Authorization: Bearer {token}"

  Ctrl-C stops everything.
"#,
        title = colour("The billing API is running.", BOLD),
        file = file.display(),
        zones = shared::base::time::zone_database(),
    ));
}
