//! The one file that opens sockets: a request to an address that was checked, and its answer.
//!
//! The name is resolved, each machine that it stands for is judged (`model/webhook/address.rs`), and the
//! connection is made to the very address that was judged: it is not resolved again. Before each connection
//! whoever sends says whether it may still begin. Nothing is followed,
//! nothing is kept open, and of the answer only its beginning is read.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

use crate::{
    base::{error::Error, time::Clock},
    model::webhook::{Sent, Target, wished},
    work::webhooks::known::May,
};

/// How much of an answer is kept, in bytes.
const KEPT: usize = 1024;
/// How long that is waited for once the head of the answer was read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why there was no answer.
#[derive(Debug)]
enum Failure {
    Refused,
    Because(&'static str),
    /// It may not begin, or that could not be found out: nothing was sent.
    MayNot(Option<Error>),
}

const TIMED_OUT: Failure = Failure::Because("timed out");

/// Sends a message, headers and body, to `target` and waits for an answer for so long, in milliseconds.
/// Nothing is sent, and nothing said of it, where `may_begin` does not say that it may be; an error is one of
/// `may_begin`.
pub(super) async fn post(
    target: &Target,
    message: (&[(&'static str, String)], &str),
    timeout_ms: u64,
    may_begin: impl AsyncFn() -> Result<May, Error>,
) -> Result<Option<Sent>, Error> {
    if may_begin().await? == May::NotNow {
        return Ok(None);
    }
    let began = Clock.now();
    let limit = Duration::from_millis(timeout_ms);
    let sent = tokio::time::timeout(limit, attempt(target, message, limit, may_begin)).await;
    let millis = Clock.now().millis() - began.millis();
    let sent = match sent.unwrap_or(Err(TIMED_OUT)) {
        Ok(answer) => Sent {
            status: Some(answer.response.status().as_u16()),
            retry_after: answer.retry_after(),
            body: Some(answer.beginning().await),
            ..Sent::default()
        },
        Err(Failure::Refused) => Sent {
            is_refused: true,
            failure: Some("the address is not one of the public internet"),
            ..Sent::default()
        },
        Err(Failure::Because(why)) => Sent { failure: Some(why), ..Sent::default() },
        Err(Failure::MayNot(error)) => return error.map_or(Ok(None), Err),
    };
    Ok(Some(Sent { began_at: Some(began), millis, ..sent }))
}

async fn attempt(
    target: &Target,
    (headers, body): (&[(&'static str, String)], &str),
    limit: Duration,
    may_begin: impl AsyncFn() -> Result<May, Error>,
) -> Result<Answer, Failure> {
    let mut request = Request::post(target.path.as_str())
        .header("host", target.authority())
        .header("user-agent", "PaymentKit-Webhooks/1")
        .header("connection", "close");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    let request = request.body(body).map_err(|_| Failure::Because("it cannot be written"))?;
    let stream = connected(target, limit, may_begin).await?;
    if !target.is_secure {
        return exchanged(stream, request).await;
    }
    let name = ServerName::try_from(target.host.clone())
        .map_err(|_| Failure::Because("its name cannot be in a certificate"))?;
    let secured = TlsConnector::from(trust()?).connect(name, stream).await;
    exchanged(secured.map_err(|_| Failure::Because("no secure connection could be made"))?, request)
        .await
}

/// A connection to a machine that the name stands for, of those that may be connected to.
async fn connected(
    target: &Target,
    limit: Duration,
    may_begin: impl AsyncFn() -> Result<May, Error>,
) -> Result<TcpStream, Failure> {
    let resolved = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
    let resolved = resolved.map_err(|_| Failure::Because("its name is not known"))?.collect();
    connected_to(target, resolved, limit, may_begin).await
}

/// A connection to one of the machines that the name was resolved to.
async fn connected_to(
    target: &Target,
    resolved: Vec<SocketAddr>,
    limit: Duration,
    may_begin: impl AsyncFn() -> Result<May, Error>,
) -> Result<TcpStream, Failure> {
    let allowed = target.allowed(resolved.iter().map(SocketAddr::ip));
    if allowed.is_empty() && !resolved.is_empty() {
        return Err(Failure::Refused);
    }
    first_of(&allowed, limit, may_begin).await
}

/// A connection to the first of these that takes one. One that says nothing leaves the others their part of the
/// time.
async fn first_of(
    allowed: &[SocketAddr],
    limit: Duration,
    may_begin: impl AsyncFn() -> Result<May, Error>,
) -> Result<TcpStream, Failure> {
    const NONE: Failure = Failure::Because("no connection could be made");
    let each = limit / u32::try_from(allowed.len()).unwrap_or(u32::MAX).max(1);
    let (last, first) = allowed.split_last().ok_or(NONE)?;
    for address in first {
        allowed_by(&may_begin).await?;
        let connecting = tokio::time::timeout(each, TcpStream::connect(address));
        if let Ok(Ok(stream)) = connecting.await {
            return Ok(stream);
        }
    }
    allowed_by(&may_begin).await?;
    TcpStream::connect(last).await.map_err(|_| NONE)
}

async fn allowed_by(may_begin: impl AsyncFn() -> Result<May, Error>) -> Result<(), Failure> {
    match may_begin().await {
        Ok(May::Send) => Ok(()),
        Ok(May::NotNow) => Err(Failure::MayNot(None)),
        Err(error) => Err(Failure::MayNot(Some(error))),
    }
}

async fn exchanged<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |_| Failure::Because("the connection broke");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    Ok(Answer { response, _driver: driver })
}

/// An answer whose head was read.
struct Answer {
    response: Response<Incoming>,
    /// What reads the connection; it ends with this.
    _driver: JoinSet<hyper::Result<()>>,
}

impl Answer {
    /// In how many seconds the receiver wants to be asked again.
    fn retry_after(&self) -> Option<i64> {
        let value = self.response.headers().get("retry-after")?;
        wished(value.to_str().ok()?, Clock.now())
    }

    /// The beginning of what it says, as far as that comes soon. That the rest does not come changes
    /// nothing: its status was read.
    async fn beginning(self) -> String {
        let (mut body, mut read) = (self.response.into_body(), Vec::new());
        let reading = async {
            while read.len() < KEPT {
                match body.frame().await {
                    Some(Ok(frame)) => read.extend(frame.into_data().unwrap_or_default()),
                    _ => break,
                }
            }
        };
        let _ = tokio::time::timeout(PATIENCE, reading).await;
        read.truncate(KEPT);
        String::from_utf8_lossy(&read).into_owned()
    }
}

/// Whose certificates are believed: those that the system believes, read once a process.
fn trust() -> Result<Arc<ClientConfig>, Failure> {
    static TRUST: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    let made = TRUST.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .ok()?;
        Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    });
    made.clone().ok_or(Failure::Because("no certificates are believed here"))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use std::cell::Cell;

    use super::*;

    async fn may() -> Result<May, Error> {
        Ok(May::Send)
    }

    /// What may begin when it is looked up may be taken back before it connects: nobody is connected to then.
    #[tokio::test]
    async fn what_is_taken_back_while_a_name_is_looked_up_is_not_sent() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let target = Target::parse(&url, true).unwrap();
        let asked = Cell::new(0);
        let once = async |then: Result<May, Error>| match asked.replace(asked.get() + 1) {
            0 => Ok(May::Send),
            _ => then,
        };
        let stale = async || once(Err(Error::Stale)).await;
        let slow = async || once(Ok(May::NotNow)).await;
        let sent = async {
            let first = post(&target, (&[], "{}"), 5_000, stale).await;
            assert_eq!(asked.replace(0), 2);
            (first, post(&target, (&[], "{}"), 5_000, slow).await)
        };
        let sent = tokio::select! {
            sent = sent => sent,
            _ = listener.accept() => panic!("it was connected to"),
        };
        assert!(matches!(sent, (Err(Error::Stale), Ok(None))), "{sent:?}");
        assert_eq!(asked.get(), 2);
    }

    /// A name may stand for several machines: one that takes no connection is passed by, in the order of the answer.
    #[tokio::test]
    async fn the_next_address_is_asked_where_one_takes_no_connection() {
        let listen = async || tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (closed, open, other) = (listen().await, listen().await, listen().await);
        let addresses = [&closed, &open, &other].map(|one| one.local_addr().unwrap());
        drop(closed);
        let limit = Duration::from_secs(5);
        let stream = first_of(&addresses, limit, may).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
        let none = first_of(&addresses[..1], limit, may).await;
        assert!(matches!(none, Err(Failure::Because("no connection could be made"))), "{none:?}");
    }

    /// All that a name stands for is asked, in turn, but for what may not be connected to.
    #[tokio::test]
    async fn of_several_addresses_of_a_name_each_that_is_allowed_is_asked() {
        let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let target = Target::parse(&format!("http://localhost:{}/", open.port()), true).unwrap();
        let at = |address: &str| SocketAddr::new(address.parse().unwrap(), open.port());
        // A private one, one where nobody listens, and the one.
        let resolved = vec![at("10.255.255.1"), at("127.0.0.1"), open];
        let asked = Cell::new(0);
        let count = async || {
            asked.set(asked.get() + 1);
            Ok(May::Send)
        };
        let limit = Duration::from_secs(5);
        let stream = connected_to(&target, resolved, limit, count).await.unwrap();
        assert_eq!((stream.peer_addr().unwrap(), asked.get()), (open, 2));
        let private = connected_to(&target, vec![at("10.255.255.1")], limit, may).await;
        assert!(matches!(private, Err(Failure::Refused)), "{private:?}");
    }

    /// A connection is refused that a name leads to and an address would be refused for.
    #[tokio::test]
    async fn a_name_of_this_machine_is_not_connected_to() {
        let mut moved = Target::parse("https://example.com:8443/", false).unwrap();
        // As if the name had been accepted when it stood for another machine.
        moved.host = "localhost".to_owned();
        let sent = post(&moved, (&[], "{}"), 5_000, may).await.unwrap().unwrap();
        assert!(sent.is_refused && sent.status.is_none());
    }

    /// What counts is the status. A receiver that sends the rest byte by byte, or never, has answered.
    #[tokio::test]
    async fn an_answer_whose_rest_does_not_come_is_an_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let receiver = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = b"HTTP/1.1 202 Accepted\r\ncontent-length: 900\r\n\r\n";
            stream.write_all(head).await.unwrap();
            while stream.write_all(b".").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let target = Target::parse(&url, true).unwrap();
        let sent = tokio::select! {
            sent = post(&target, (&[], "{}"), 300, may) => sent.unwrap().unwrap(),
            () = receiver => panic!("the receiver was left"),
        };
        assert_eq!((sent.status, sent.failure), (Some(202), None));
        assert!(sent.body.unwrap().starts_with(".."));
    }

    /// Of an answer its first kilobyte is kept.
    #[tokio::test]
    async fn of_a_long_answer_the_beginning_is_kept() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let target = Target::parse(&url, true).unwrap();
        let receiver = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = "HTTP/1.1 500 x\r\ncontent-length: 5000\r\n\r\n";
            stream
                .write_all(format!("{head}{}", "0123456789".repeat(500)).as_bytes())
                .await
                .unwrap();
            std::future::pending().await
        };
        let sent = tokio::select! {
            sent = post(&target, (&[], "{}"), 5_000, may) => sent.unwrap().unwrap(),
            () = receiver => panic!("the receiver was left"),
        };
        assert_eq!(
            (sent.status, sent.body),
            (Some(500), Some("0123456789".repeat(103)[..1024].to_owned()))
        );
    }
}
