//! The one file that opens sockets: a request to an address that was checked, and its answer.
//!
//! The name is resolved, each machine that it stands for is judged (`model/webhook/address.rs`), and the
//! connection is made to the very address that was judged: it is not resolved again. Nothing is followed,
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
    base::time::Clock,
    model::webhook::{Sent, Target, wished},
};

/// How much of an answer is kept, in bytes.
const KEPT: usize = 1024;

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Refused,
    Because(&'static str),
}

const TIMED_OUT: Failure = Failure::Because("timed out");

/// Sends `body` to `target` and waits for an answer for so long, in milliseconds.
pub(super) async fn post(
    target: &Target,
    headers: &[(&'static str, String)],
    body: &str,
    timeout_ms: u64,
) -> Sent {
    let began = Clock.now();
    let limit = Duration::from_millis(timeout_ms);
    let sent = tokio::time::timeout(limit, attempt(target, headers, body)).await;
    let millis = Clock.now().millis() - began.millis();
    match sent.unwrap_or(Err(TIMED_OUT)) {
        Ok(sent) => Sent { millis, ..sent },
        Err(Failure::Refused) => Sent {
            millis,
            is_refused: true,
            failure: Some("the address is not one of the public internet"),
            ..Sent::default()
        },
        Err(Failure::Because(why)) => Sent { millis, failure: Some(why), ..Sent::default() },
    }
}

async fn attempt(
    target: &Target,
    headers: &[(&'static str, String)],
    body: &str,
) -> Result<Sent, Failure> {
    let mut request = Request::post(target.path.as_str())
        .header("host", target.authority())
        .header("user-agent", "PaymentKit-Webhooks/1")
        .header("connection", "close");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    let request = request.body(body).map_err(|_| Failure::Because("it cannot be written"))?;
    let stream = connected(target).await?;
    if !target.is_secure {
        return exchanged(stream, request).await;
    }
    let name = ServerName::try_from(target.host.clone())
        .map_err(|_| Failure::Because("its name cannot be in a certificate"))?;
    let secured = TlsConnector::from(trust()?).connect(name, stream).await;
    exchanged(secured.map_err(|_| Failure::Because("no secure connection could be made"))?, request)
        .await
}

/// A connection to the first machine that takes one, of those that may be connected to.
async fn connected(target: &Target) -> Result<TcpStream, Failure> {
    let resolved = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
    let resolved: Vec<SocketAddr> =
        resolved.map_err(|_| Failure::Because("its name is not known"))?.collect();
    let allowed = target.allowed(resolved.iter().map(SocketAddr::ip));
    if allowed.is_empty() && !resolved.is_empty() {
        return Err(Failure::Refused);
    }
    for address in allowed {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err(Failure::Because("no connection could be made"))
}

async fn exchanged<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Sent, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |_| Failure::Because("the connection broke");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with this future, whatever becomes of it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.and_then(|value| wished(value.to_str().ok()?, Clock.now()));
    let status = Some(response.status().as_u16());
    let body = Some(beginning(response).await);
    Ok(Sent { status, body, retry_after, ..Sent::default() })
}

/// The beginning of an answer. That the rest does not come changes nothing: its status was read.
async fn beginning(response: Response<Incoming>) -> String {
    let (mut body, mut read) = (response.into_body(), Vec::new());
    let patience = Duration::from_secs(1);
    while read.len() < KEPT {
        match tokio::time::timeout(patience, body.frame()).await {
            Ok(Some(Ok(frame))) => read.extend(frame.into_data().unwrap_or_default()),
            _ => break,
        }
    }
    read.truncate(KEPT);
    String::from_utf8_lossy(&read).into_owned()
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
    use super::*;

    /// A connection is refused that a name leads to and an address would be refused for.
    #[tokio::test]
    async fn a_name_of_this_machine_is_not_connected_to() {
        let mut moved = Target::parse("https://example.com:8443/", false).unwrap();
        // As if the name had been accepted when it stood for another machine.
        moved.host = "localhost".to_owned();
        let sent = post(&moved, &[], "{}", 5_000).await;
        assert!(sent.is_refused && sent.status.is_none());
    }
}
