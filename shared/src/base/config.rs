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
    /// The keys by which accounts' secrets are sealed (`SECRETS_KEY`), the newest first, separated by
    /// spaces. None: this deployment keeps no secrets, and no account can have a processor that needs
    /// one.
    pub secrets_keys: Vec<String>,
    /// The function's name, for the log.
    pub function: String,
}

impl Config {
    /// Reads the environment; the error names the variable that is missing.
    pub fn from_env() -> Result<Self, String> {
        let required = |name: &str| {
            variable(name).ok_or_else(|| format!("{name} is not set in the environment"))
        };
        Ok(Self {
            table: required("TABLE_NAME")?,
            region: required("AWS_REGION")?,
            credentials: (
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                variable("AWS_SESSION_TOKEN"),
            ),
            endpoint: variable("AWS_ENDPOINT_URL_DYNAMODB"),
            own_certificates: variable("SSL_CERT_FILE").is_some(),
            connect_at_init: variable("CONNECT_AT_INIT").as_deref() != Some("0"),
            test_processor_in_prod: variable("TEST_PROCESSOR_IN_PROD").as_deref() == Some("1"),
            stripe_url: variable("STRIPE_URL"),
            secrets_keys: variable("SECRETS_KEY")
                .map(|keys| keys.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            function: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        })
    }
}

/// The least level that is logged (`LOG_LEVEL`): `off`, `error`, `warn`, `info`, `debug` or `trace`.
pub fn log_level() -> Option<String> {
    variable("LOG_LEVEL")
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
