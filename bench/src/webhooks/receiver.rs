//! Somebody who is told: a server on this machine that notes when it has received what.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// That an event was received.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// When first.
    pub(super) at: Instant,
    /// What it was about.
    pub(super) object: String,
}

/// A receiver of webhooks.
pub(super) struct Receiver {
    pub(super) url: String,
    noted: Arc<Noted>,
    count: watch::Receiver<usize>,
}

struct Noted {
    /// The events that were received.
    first: Mutex<HashMap<String, Received>>,
    /// Whether all is refused.
    is_down: AtomicBool,
    /// How many requests there were, whatever they were answered.
    requests: AtomicUsize,
    counted: watch::Sender<usize>,
}

impl Receiver {
    /// One that receives everything or, as long as it is down, answers 503.
    pub(super) async fn start(is_down: bool) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hooks", listener.local_addr()?);
        let (counted, count) = watch::channel(0);
        let noted = Arc::new(Noted {
            first: Mutex::default(),
            is_down: AtomicBool::new(is_down),
            requests: AtomicUsize::new(0),
            counted,
        });
        let seen = Arc::clone(&noted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move { seen.serve(stream).await });
            }
        });
        Ok(Self { url, noted, count })
    }

    /// From now on everything is received.
    pub(super) fn comes_back(&self) {
        self.noted.is_down.store(false, Ordering::SeqCst);
    }

    /// How many requests there were.
    pub(super) fn requests(&self) -> usize {
        self.noted.requests.load(Ordering::SeqCst)
    }

    /// Each event that was received.
    pub(super) fn received(&self) -> HashMap<String, Received> {
        self.noted.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many events were received.
    pub(super) async fn until(&self, count: usize, patience: Duration) -> Result<()> {
        let mut counts = self.count.clone();
        let waited = tokio::time::timeout(patience, counts.wait_for(|seen| *seen >= count)).await;
        let seen = *self.count.borrow();
        match waited {
            Ok(done) => done.map(drop).context("the receiver has ended"),
            Err(_) => bail!("{seen} of {count} events were received in {patience:.0?}"),
        }
    }
}

impl Noted {
    /// Answers one request. What breaks off is not received.
    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let (event, object) = request(&mut stream).await?;
        self.requests.fetch_add(1, Ordering::SeqCst);
        let status = match self.is_down.load(Ordering::SeqCst) {
            true => "503 Service Unavailable",
            false => {
                let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
                first.entry(event).or_insert_with(|| Received { at: Instant::now(), object });
                self.counted.send_replace(first.len());
                "200 OK"
            }
        };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.shutdown().await.ok()
    }
}

/// Reads a request to its end: the id of its event, and that of the object it is about.
async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 8192]);
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let field = |name: &str| {
                let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            };
            let length: usize = field("content-length")?.parse().ok()?;
            if body.len() >= length {
                let body: Value = serde_json::from_str(body).ok()?;
                let object = body.pointer("/data/object/id")?.as_str()?;
                return Some((field("webhook-id")?.to_owned(), object.to_owned()));
            }
        }
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(chunk.get(..count)?),
            _ => return None,
        }
    }
}
