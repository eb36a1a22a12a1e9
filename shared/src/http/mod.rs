//! HTTP: everything that is the same for every operation, around the few lines that are not.
//!
//! | file | what |
//! |---|---|
//! | `serve` | the entry points of a function's `main`, and the order in which things are done |
//! | `process` | how such a function starts, and the line in the log for each answer |
//! | `event` | what API Gateway hands over and gets back |
//! | `runtime` | the loop over Lambda's Runtime API |
//! | `request`, `query` | a request, taken apart |
//! | `authorize` | whose token it is, and whether it may |
//! | `rate_limit` | how often it may |
//! | `extract` | the arguments of an operation: the object in the path, the body, the page asked for |
//! | `opened` | an object that a browser may name if it knows the object's secret |
//! | `handler` | an operation as a function from these to an answer |
//! | `context` | what an operation has at hand: the account, the time, the store |
//! | `assets` | the built files of a page |
//! | `page` | pages that strangers open, whose address is their secret |
//! | `sign_in` | the dashboard's door for passkeys |
//! | `notice` | events that processors send, who sign them |
//! | `operator`, `worker` | functions without a route: for the operator, and by schedule |
//! | `idempotency` | a repeated request is answered, not done again |
//! | `respond` | answers and problems as API Gateway wants them |
//! | `describe` | what an operation takes and gives, for the OpenAPI document |

mod assets;
mod authorize;
mod context;
mod describe;
mod event;
mod extract;
mod handler;
mod idempotency;
mod listing;
mod notice;
mod opened;
mod operator;
mod packed;
mod page;
mod presentable;
mod process;
mod query;
mod rate_limit;
mod request;
mod respond;
mod runtime;
mod serve;
mod sign_in;
mod unrouted;
mod worker;

pub use self::{
    assets::{Asset, serve_assets, serve_scripts},
    context::Context,
    describe::Description,
    extract::{Body, EventBody, Extract, Found, FoundExternal, FoundUsage, Named, Params, Part},
    handler::Handler,
    listing::Listing,
    notice::{Notice, serve_notices},
    opened::Opened,
    operator::{Operator, serve_operator},
    page::{Visit, serve_page},
    query::Query,
    request::Request,
    serve::{serve, serve_deprecated, serve_portal_session, serve_revocation, serve_session},
    sign_in::serve_sign_in,
    unrouted::{Route, serve_unrouted},
    worker::serve_worker,
};
