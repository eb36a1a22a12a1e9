//! The settings of a function: its environment, read once, here.

/// What a function reads from its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// The DynamoDB table (`TABLE_NAME`).
    pub table: String,
    /// The region (`AWS_REGION`).
    pub region: String,
    /// The access key id, the secret, and the session token that Lambda hands to a function.
    pub credentials: (String, String, Option<String>),
    /// Another DynamoDB than the region's (`AWS_ENDPOINT_URL_DYNAMODB`).
    pub endpoint: Option<String>,
    /// Whether `SSL_CERT_FILE` names the certificates to believe.
    pub own_certificates: bool,
    /// Whether to open the connection to DynamoDB before the first request. `CONNECT_AT_INIT=0` turns
    /// it off, which is of use only to measure what it saves.
    pub connect_at_init: bool,
    /// Whether an account in production may have a test processor (`TEST_PROCESSOR_IN_PROD=1`): for a
    /// deployment that nobody pays real money to.
    pub test_processor_in_prod: bool,
    /// Another Stripe than the one (`STRIPE_URL`): a stand-in.
    pub stripe_url: Option<String>,
    /// How many requests a second Stripe takes from one account (`STRIPE_RATE`), where that is not as
    /// usual.
    pub stripe_rate: Option<u32>,
    /// The keys by which accounts' secrets are sealed (`SECRETS_KEY`), the newest first, separated by
    /// spaces. None: this deployment keeps no secrets, and no account can have a processor that needs
    /// one.
    pub secrets_keys: Vec<String>,
    /// How webhooks are sent.
    pub webhooks: WebhookSettings,
    /// After how many milliseconds no event is written any more whose id was made before
    /// (`EVENTS_SETTLE_MS`).
    pub events_settle_ms: i64,
    /// The function's name, for the log.
    pub function: String,
}

/// What a function that writes books reads besides.
#[derive(Clone, Debug)]
pub struct BooksConfig {
    /// The bucket that they are written to (`BOOKS_BUCKET`).
    pub bucket: String,
    /// The region (`AWS_REGION`).
    pub region: String,
    /// The credentials, as those of the table.
    pub credentials: (String, String, Option<String>),
    /// Another S3 than the region's (`AWS_ENDPOINT_URL_S3`).
    pub endpoint: Option<String>,
    /// Whether `SSL_CERT_FILE` names the certificates to believe.
    pub own_certificates: bool,
    /// The accounts whose books are written each month (`BOOKS_ACCOUNTS`, separated by commas).
    pub accounts: Vec<String>,
    /// As what they are written (`BOOKS_FORMAT`).
    pub format: Option<String>,
}

impl BooksConfig {
    /// Reads the environment; the error says what to do.
    pub fn from_env() -> Result<Self, String> {
        let bucket = variable("BOOKS_BUCKET").ok_or(
            "books are not written by this deployment: give it BooksAccounts or BooksBucket \
             (docs/operations.md)",
        )?;
        let accounts = variable("BOOKS_ACCOUNTS").unwrap_or_default();
        Ok(Self {
            bucket,
            region: required("AWS_REGION")?,
            credentials: credentials()?,
            endpoint: variable("AWS_ENDPOINT_URL_S3"),
            own_certificates: variable("SSL_CERT_FILE").is_some(),
            accounts: accounts
                .split(',')
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
            format: variable("BOOKS_FORMAT"),
        })
    }
}

/// How webhooks are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    /// Whether they may go to this very machine, also without encryption (`WEBHOOKS_TO_LOOPBACK=1`): for
    /// development.
    pub to_loopback: bool,
    /// The seconds between attempts (`WEBHOOK_RETRY_SECONDS`, such as `60,300`).
    pub delays: Vec<i64>,
    /// How long an attempt may take, in milliseconds (`WEBHOOK_TIMEOUT_MS`).
    pub timeout_ms: u64,
}

/// The seconds between attempts: eight in all, over three days.
pub const WEBHOOK_DELAYS: [i64; 7] = [60, 300, 1_800, 7_200, 21_600, 64_800, 162_000];
const WEBHOOK_TIMEOUT_MS: u64 = 10_000;

/// A request and a step of a worker take at most 30 seconds; a transaction that comes later is not sent.
pub const EVENTS_SETTLE_MS: i64 = 60_000;

impl Default for WebhookSettings {
    fn default() -> Self {
        Self { to_loopback: false, delays: WEBHOOK_DELAYS.to_vec(), timeout_ms: WEBHOOK_TIMEOUT_MS }
    }
}

impl WebhookSettings {
    fn from_env() -> Result<Self, String> {
        let default = Self::default();
        let seconds = |text: String| {
            let delay = |part: &str| part.trim().parse::<u32>().map(i64::from);
            let delays: Result<Vec<i64>, _> = text.split(',').map(delay).collect();
            delays.map_err(|_| format!("WEBHOOK_RETRY_SECONDS is {text}, and no list of seconds"))
        };
        let millis = |text: String| {
            text.parse().map_err(|_| format!("WEBHOOK_TIMEOUT_MS is {text}, and no number"))
        };
        Ok(Self {
            to_loopback: variable("WEBHOOKS_TO_LOOPBACK").as_deref() == Some("1"),
            delays: variable("WEBHOOK_RETRY_SECONDS").map_or(Ok(default.delays), seconds)?,
            timeout_ms: variable("WEBHOOK_TIMEOUT_MS").map_or(Ok(default.timeout_ms), millis)?,
        })
    }
}

impl Config {
    /// Reads the environment; the error names the variable that is missing.
    pub fn from_env() -> Result<Self, String> {
        let settle = variable("EVENTS_SETTLE_MS").map_or(Ok(EVENTS_SETTLE_MS), |text| {
            text.parse().map_err(|_| format!("EVENTS_SETTLE_MS is {text}, and no number"))
        })?;
        let stripe_rate = variable("STRIPE_RATE")
            .map(|text| text.parse().map_err(|_| format!("STRIPE_RATE is {text}, and no number")));
        Ok(Self {
            table: required("TABLE_NAME")?,
            region: required("AWS_REGION")?,
            credentials: credentials()?,
            endpoint: variable("AWS_ENDPOINT_URL_DYNAMODB"),
            own_certificates: variable("SSL_CERT_FILE").is_some(),
            connect_at_init: variable("CONNECT_AT_INIT").as_deref() != Some("0"),
            test_processor_in_prod: variable("TEST_PROCESSOR_IN_PROD").as_deref() == Some("1"),
            stripe_url: variable("STRIPE_URL"),
            stripe_rate: stripe_rate.transpose()?,
            secrets_keys: variable("SECRETS_KEY")
                .map(|keys| keys.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            webhooks: WebhookSettings::from_env()?,
            events_settle_ms: settle,
            function: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        })
    }
}

/// The least level that is logged (`LOG_LEVEL`): `off`, `error`, `warn`, `info`, `debug` or `trace`.
pub fn log_level() -> Option<String> {
    variable("LOG_LEVEL")
}

fn required(name: &str) -> Result<String, String> {
    variable(name).ok_or_else(|| format!("{name} is not set in the environment"))
}

fn credentials() -> Result<(String, String, Option<String>), String> {
    let (id, secret) = (required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
    Ok((id, secret, variable("AWS_SESSION_TOKEN")))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
