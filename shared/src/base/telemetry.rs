//! One line of JSON per request: what an operator searches by.
//!
//! Each line is an event of `tracing`, whose fields are at the top of the line. What a library reports
//! is a line too, where it is a warning or worse, with the library's name.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    subscriber::set_global_default,
};
use tracing_subscriber::{
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
};

use crate::base::config;

/// The target of our own events.
const TARGET: &str = "billing";
/// The field of an event that is a JSON object, in whose place its members are.
const REPORT: &str = "report";

/// What is said of a request; its level is `error` for a status of 500 and above, else `info`.
#[derive(Debug, Default)]
pub struct LogLine<'a> {
    /// The instant at which the request was answered.
    pub time: String,
    /// `req_…`, as in the answer.
    pub request_id: &'a str,
    /// Lambda's own id of the invocation.
    pub aws_request_id: &'a str,
    /// The function.
    pub function: &'a str,
    /// The account, once it is known.
    pub account_id: Option<&'a str>,
    /// The token, once it is known.
    pub token_id: Option<&'a str>,
    /// The route that matched.
    pub route: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// From the event to the answer, in milliseconds.
    pub duration_ms: i64,
    /// Requests to DynamoDB.
    pub round_trips: u32,
    /// What they consumed, read and write units together.
    pub capacity_units: f64,
    /// Whether the answer is that of an earlier request.
    pub replayed: bool,
    /// What the client is not told.
    pub error: Option<&'a str>,
    /// Why the rate limit was not checked.
    pub rate_limit_error: Option<&'a str>,
}

/// Lets lines be written, those of `LOG_LEVEL` and above; `info` where the environment names no level.
pub fn start() {
    let level = config::log_level().and_then(|text| text.parse().ok());
    // A second start changes nothing: there is one log.
    let _ = set_global_default(subscriber(level.unwrap_or(LevelFilter::INFO), std::io::stdout));
}

fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let libraries = level.min(LevelFilter::WARN);
    let targets = Targets::new().with_default(libraries).with_target(TARGET, level);
    let lines = tracing_subscriber::fmt::layer().event_format(Lines).with_writer(writer);
    tracing_subscriber::registry().with(lines).with(targets)
}

/// Writes the line of a request.
pub fn log(line: &LogLine<'_>) {
    macro_rules! write {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                time = line.time,
                request_id = line.request_id,
                aws_request_id = line.aws_request_id,
                function = line.function,
                account_id = line.account_id,
                token_id = line.token_id,
                route = line.route,
                status = line.status,
                duration_ms = line.duration_ms,
                round_trips = line.round_trips,
                capacity_units = line.capacity_units,
                replayed = line.replayed.then_some(true),
                error = line.error,
                rate_limit_error = line.rate_limit_error,
            )
        };
    }
    match line.status >= 500 {
        true => write!(error),
        false => write!(info),
    }
}

/// Writes what a worker has done. Its fields are the worker's, and those of an event are written in
/// the code, so they are one field here.
pub fn log_report(report: &impl Serialize) {
    if let Ok(report) = serde_json::to_string(report) {
        tracing::info!(target: TARGET, report);
    }
}

/// Writes what went wrong outside of a request.
pub fn log_failure(what: &str, error: &str) {
    tracing::error!(target: TARGET, error, "{what}");
}

/// Writes what did not happen this time, and will be tried again.
pub fn log_delay(what: &str, error: &str) {
    tracing::warn!(target: TARGET, error, "{what}");
}

/// The format of a line.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        let mut line = Line(Map::new());
        line.0.insert("level".to_owned(), about.level().as_str().to_ascii_lowercase().into());
        if about.target() == TARGET {
            event.record(&mut line);
        } else {
            let mut fields = Line(Map::new());
            event.record(&mut fields);
            let message = fields.0.shift_remove("message").unwrap_or_default();
            line.0.insert("message".to_owned(), message);
            line.0.insert("library".to_owned(), about.target().into());
            line.0.insert("details".to_owned(), fields.0.into());
        }
        writeln!(writer, "{}", Value::Object(line.0))
    }
}

/// The fields of an event, as they come.
struct Line(Map<String, Value>);

impl Line {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match serde_json::from_str(value) {
            Ok(Value::Object(report)) if field.name() == REPORT => self.0.extend(report),
            _ => self.put(field, value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::json;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` writes.
    fn lines(level: LevelFilter, work: impl FnOnce()) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = subscriber(level, move || writer.clone());
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text}");
        text.lines().map(str::to_owned).collect()
    }

    fn request(status: u16) -> LogLine<'static> {
        LogLine { time: "now".to_owned(), status, capacity_units: 1.0, ..LogLine::default() }
    }

    #[test]
    fn a_request_is_one_line_of_what_is_known_of_it() {
        let written = lines(LevelFilter::INFO, || {
            let line = LogLine { error: Some("\"why\"\nnot"), replayed: true, ..request(503) };
            log(&line);
        });
        let expected = r#"{"level":"error","time":"now","request_id":"","aws_request_id":"","#
            .to_owned()
            + r#""function":"","route":"","status":503,"duration_ms":0,"round_trips":0,"#
            + r#""capacity_units":1.0,"replayed":true,"error":"\"why\"\nnot"}"#;
        assert_eq!(written, [expected]);
    }

    #[test]
    fn the_members_of_a_report_are_fields_of_the_line() {
        let written = lines(LevelFilter::INFO, || {
            log_report(&json!({"done": 2, "late_seconds": null}));
            log_delay("it {is} tried again", "busy");
        });
        let report = r#"{"level":"info","done":2,"late_seconds":null}"#;
        let delay = r#"{"level":"warn","message":"it {is} tried again","error":"busy"}"#;
        assert_eq!(written, [report, delay]);
    }

    #[test]
    fn a_level_is_a_lower_bound_and_libraries_only_warn() {
        let work = || {
            log(&request(200));
            log(&request(500));
            tracing::info!(target: "library::part", "chatter");
            tracing::warn!(target: "library::part", attempts = 3, "in trouble");
        };
        let written = lines(LevelFilter::TRACE, work);
        assert_eq!(written.len(), 3, "{written:?}");
        let library = r#"{"level":"warn","message":"in trouble","library":"library::part","#;
        assert_eq!(written[2], library.to_owned() + r#""details":{"attempts":3}}"#);
        assert_eq!(lines(LevelFilter::ERROR, work).len(), 1);
        assert_eq!(lines(LevelFilter::OFF, work).len(), 0);
    }
}
