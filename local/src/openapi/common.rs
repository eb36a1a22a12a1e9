//! What every operation shares: its headers, the ways it can be refused, how it authenticates.

use serde_json::{Map, Value, json};

/// One way to refuse a request.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Its name in `components/responses`.
    pub(super) name: &'static str,
    title: &'static str,
    /// When it happens.
    description: &'static str,
    /// The example's `detail`.
    detail: &'static str,
    /// The example's fault: pointer and code.
    fault: Option<(&'static str, &'static str)>,
    /// Headers beyond `Request-Id`.
    pub(super) headers: &'static [&'static str],
}

const LIMITS: &[&str] = &["RateLimit-Policy", "RateLimit"];
const RETRY: &[&str] = &["RateLimit-Policy", "RateLimit", "Retry-After"];

/// Every status an operation can refuse with, in order.
pub(super) const REFUSALS: &[Refusal] = &[
    Refusal {
        status: 400,
        name: "BadRequest",
        title: "Bad Request",
        description: "The request is not understood: not JSON, a wrong type, a required field \
                      missing, an unknown field or query parameter. `errors` has every fault.",
        detail: "Customer email is required",
        fault: Some(("/email", "required")),
        headers: LIMITS,
    },
    Refusal {
        status: 401,
        name: "Unauthorized",
        title: "Unauthorized",
        description: "The token is missing, malformed, unknown, expired or revoked. The answer \
                      does not say which.",
        detail: "A valid token is required: send `Authorization: Bearer st_…` or `pt_…`",
        fault: None,
        headers: &["WWW-Authenticate"],
    },
    Refusal {
        status: 403,
        name: "Forbidden",
        title: "Forbidden",
        description: "The token is valid, but may not do this, or belongs to another account \
                      than the one in the path.",
        detail: "This token may not do this",
        fault: None,
        headers: LIMITS,
    },
    Refusal {
        status: 404,
        name: "NotFound",
        title: "Not Found",
        description: "No such object for this token. An object of another account or \
                      environment, a deleted one and one that never existed are answered alike.",
        detail: "No such object",
        fault: None,
        headers: LIMITS,
    },
    Refusal {
        status: 405,
        name: "MethodNotAllowed",
        title: "Method Not Allowed",
        description: "The route exists with other methods.",
        detail: "The route exists, but not with this method; see Allow",
        fault: None,
        headers: &["Allow"],
    },
    Refusal {
        status: 409,
        name: "Conflict",
        title: "Conflict",
        description: "It collides with something that exists, with changes made at the same \
                      moment, or with a request of the same `Idempotency-Key` that is still \
                      being answered. Where waiting helps there is a `Retry-After`.",
        detail: "A request with this Idempotency-Key is still being answered; try again",
        fault: None,
        headers: RETRY,
    },
    Refusal {
        status: 412,
        name: "PreconditionFailed",
        title: "Precondition Failed",
        description: "The object is not at the version that `If-Match` asks for.",
        detail: "The object is not at the version If-Match asks for; read it again",
        fault: None,
        headers: LIMITS,
    },
    Refusal {
        status: 413,
        name: "ContentTooLarge",
        title: "Content Too Large",
        description: "The body is larger than 256 KB.",
        detail: "The body is larger than 256 KB",
        fault: None,
        headers: LIMITS,
    },
    Refusal {
        status: 415,
        name: "UnsupportedMediaType",
        title: "Unsupported Media Type",
        description: "The body is not declared as JSON.",
        detail: "Send the body with `Content-Type: application/json`",
        fault: None,
        headers: LIMITS,
    },
    Refusal {
        status: 422,
        name: "UnprocessableEntity",
        title: "Unprocessable Entity",
        description: "The request is understood, but its content is not valid, or the object's \
                      state does not allow it now. `errors` has every fault.",
        detail: "Customer email is not an e-mail address",
        fault: Some(("/email", "invalid")),
        headers: LIMITS,
    },
    Refusal {
        status: 429,
        name: "TooManyRequests",
        title: "Too Many Requests",
        description: "The token has used up its rate limit.",
        detail: "Too many requests; see Retry-After",
        fault: None,
        headers: RETRY,
    },
    Refusal {
        status: 500,
        name: "ServerError",
        title: "Server Error",
        description: "Something went wrong on our end.",
        detail: "Something went wrong on our end",
        fault: None,
        headers: &[],
    },
    Refusal {
        status: 503,
        name: "ServiceUnavailable",
        title: "Service Unavailable",
        description: "The request could not be completed in time. Send it again, with the same \
                      `Idempotency-Key` where it changes something.",
        detail: "The request could not be completed in time; send it again, with the same \
                 Idempotency-Key where it changes something",
        fault: None,
        headers: &["Retry-After"],
    },
];

impl Refusal {
    /// Its entry in `components/responses`.
    pub(super) fn response(&self) -> Value {
        let mut problem = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": "/api/customers",
            "request_id": "req_0mkz6k3cq1w2e3r4",
        });
        if let (Some((pointer, code)), Some(problem)) = (self.fault, problem.as_object_mut()) {
            let fault = json!({"pointer": pointer, "code": code, "detail": self.detail});
            problem.insert("errors".to_owned(), json!([fault]));
        }
        json!({
            "description": self.description,
            "headers": headers(self.headers.iter().copied()),
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": problem,
                },
            },
        })
    }
}

/// References to `Request-Id` and to `others`, as a response has them.
pub(super) fn headers<'a>(others: impl Iterator<Item = &'a str>) -> Value {
    let reference = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    std::iter::once("Request-Id")
        .chain(others)
        .map(|name| (name.to_owned(), reference(name)))
        .collect::<Map<_, _>>()
        .into()
}

/// The headers of a success.
pub(super) fn success_headers(is_limited: bool, has_version: bool, changes: bool) -> Value {
    let etag = has_version.then_some("ETag");
    let replayed = changes.then_some("Idempotent-Replayed");
    let limits = LIMITS.iter().copied().filter(|_| is_limited);
    headers(limits.chain(etag).chain(replayed))
}

/// `components/headers`, by name.
pub(super) fn response_headers() -> Map<String, Value> {
    [
        ("Allow", "The methods the route exists with.", json!("GET, PATCH")),
        ("ETag", "The object's `version`, for `If-Match`.", json!("\"3\"")),
        (
            "Idempotent-Replayed",
            "`true` when this is the kept answer to an earlier request.",
            json!("true"),
        ),
        ("RateLimit", "What is left of the limit in this second.", json!("\"read\";r=99;t=1")),
        (
            "RateLimit-Policy",
            "The token's limit: requests per second.",
            json!("\"read\";q=100;w=1"),
        ),
        (
            "Request-Id",
            "Identifies this request in the logs; also in a refusal's body.",
            json!("req_0mkz6k3cq1w2e3r4"),
        ),
        ("Retry-After", "Seconds after which the same request may succeed.", json!(1)),
        ("WWW-Authenticate", "How to authenticate.", json!("Bearer")),
    ]
    .into_iter()
    .map(|(name, description, example)| {
        let kind = if example.is_number() { "integer" } else { "string" };
        let header =
            json!({"description": description, "schema": {"type": kind}, "example": example});
        (name.to_owned(), header)
    })
    .collect()
}

/// `components/parameters`: the request headers that belong to no operation in particular.
pub(super) fn request_headers() -> Map<String, Value> {
    [
        (
            "Idempotency-Key",
            "Makes the request safe to repeat: for 24 hours the same key is answered with the \
             first answer, and nothing happens twice. It has no comma: a header that is sent twice \
             arrives as one with a comma in it.",
            json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,]*$"}),
            json!("0f8e1c9a-4f53-4ad0-9d4c-6f0f6c1f9a11"),
        ),
        (
            "If-Match",
            "Do it only if the object still is at this version: the `ETag` of an earlier answer.",
            json!({"type": "string"}),
            json!("\"3\""),
        ),
    ]
    .into_iter()
    .map(|(name, description, schema, example)| {
        let parameter = json!({
            "name": name,
            "in": "header",
            "required": false,
            "description": description,
            "schema": schema,
            "example": example,
        });
        (name.to_owned(), parameter)
    })
    .collect()
}

/// `components/securitySchemes`.
pub(super) fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A secret token `st_…` may do everything its scopes allow, and stays \
                            on a server. A publishable token `pt_…` may be seen by anyone, and \
                            may call only the operations that say so.",
        },
    })
}

/// The body of every refusal (RFC 9457).
pub(super) fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was refused (RFC 9457).",
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "What kind of problem it is; `about:blank`: the status says it.",
            },
            "title": {"type": "string", "description": "The status in words."},
            "status": {
                "type": "integer", "minimum": 100, "maximum": 599,
                "description": "The HTTP status.",
            },
            "detail": {"type": "string", "description": "What is wrong, for a person."},
            "instance": {
                "type": "string",
                "format": "uri-reference",
                "description": "The path of the request.",
            },
            "request_id": {"type": "string", "description": "What to name when asking for help."},
            "errors": {
                "type": "array",
                "description": "Every fault of the request.",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": {
                            "type": "string",
                            "description": "A JSON Pointer into the body, or `?name` of the query.",
                        },
                        "code": {"type": "string", "description": "What is wrong, for a program."},
                        "detail": {"type": "string", "description": "What is wrong, for a person."},
                    },
                    "required": ["pointer", "code", "detail"],
                    "additionalProperties": false,
                },
            },
            "next_action": {
                "type": "object",
                "description": "What the payer has to do before a payment is made.",
                "properties": {
                    "type": {
                        "type": "string",
                        "enum": ["redirect", "in_page"],
                        "description": "At an address, or by the processor's client-side library.",
                    },
                    "url": {"type": ["string", "null"], "description": "Where, if at an address."},
                    "payment_intent_id": {
                        "type": ["string", "null"],
                        "description": "Which payment it is; null where a card is confirmed that pays nothing yet.",
                    },
                    "processor_reference": {
                        "type": ["string", "null"],
                        "description": "The processor's name for it.",
                    },
                },
                "required": ["type", "url", "payment_intent_id", "processor_reference"],
                "additionalProperties": false,
            },
        },
        "required": ["type", "title", "status", "detail", "instance", "request_id"],
        "additionalProperties": false,
    })
}
