//! Somebody who is told: a server on this machine that behaves as a test wants, and remembers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(180);

/// What arrived.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Whether the library of Standard Webhooks takes it for what we have sent, with this secret.
    pub(crate) fn is_ours(&self, secret: &str) -> bool {
        let pairs = self.headers.iter();
        let headers = pairs.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let webhook = standardwebhooks::Webhook::new(secret).unwrap();
        webhook.verify(self.text.as_bytes(), &headers.collect()).is_ok()
    }

    /// `customer.created` of what object, at which version.
    pub(crate) fn what(&self) -> (String, String, u64) {
        let object = &self.body["data"]["object"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&self.body["type"]), text(&object["id"]), object["version"].as_u64().unwrap())
    }
}

/// What it does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Answers with this status.
    Answer(u16),
    /// Answers 429, and wants to be asked again in so many seconds.
    AskAgainIn(u32),
    /// Answers with this status when the receiver is released.
    Late(u16),
    /// Answers never.
    Hang,
    /// Breaks the connection.
    Reset,
}

type React = Arc<dyn Fn(usize, &Message) -> Reaction + Send + Sync>;

pub(crate) struct Receiver {
    pub(crate) url: String,
    messages: Arc<Mutex<Vec<(Message, Reaction)>>>,
    count: watch::Receiver<usize>,
    released: watch::Sender<bool>,
}

impl Receiver {
    /// One that answers the message number `n`, from 0, as `react` says.
    pub(crate) async fn start(
        react: impl Fn(usize, &Message) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(watch::Sender::new(false), react).await
    }

    /// One that is down, and answers with this status, until it is released: then it receives.
    pub(crate) async fn down(status: u16) -> Self {
        let released = watch::Sender::new(false);
        let is_up = released.subscribe();
        let react = move |_: usize, _: &Message| match *is_up.borrow() {
            true => Reaction::Answer(200),
            false => Reaction::Answer(status),
        };
        Self::start_with(released, react).await
    }

    async fn start_with(
        released: watch::Sender<bool>,
        react: impl Fn(usize, &Message) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks?x=1", listener.local_addr().unwrap());
        let messages = Arc::<Mutex<Vec<(Message, Reaction)>>>::default();
        let (counted, count) = watch::channel(0);
        let release = released.clone();
        let (seen, react): (_, React) = (Arc::clone(&messages), Arc::new(react));
        tokio::spawn(async move {
            let counted = Arc::new(counted);
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, react) = (Arc::clone(&seen), Arc::clone(&react));
                let (counted, released) = (Arc::clone(&counted), release.subscribe());
                tokio::spawn(
                    async move { serve(stream, &seen, &react, (&counted, released)).await },
                );
            }
        });
        Self { url, messages, count, released }
    }

    /// Lets it answer what it was to answer late, and brings it up if it is down.
    pub(crate) fn release(&self) {
        self.released.send_replace(true);
    }

    /// Everything that arrived, and what was done with it.
    pub(crate) fn all(&self) -> Vec<(Message, Reaction)> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was received, each event once: the messages that were answered 200.
    pub(crate) fn received(&self) -> Vec<Message> {
        let mut known = BTreeSet::new();
        let mut received = Vec::new();
        for (message, done) in self.all() {
            let new = done == Reaction::Answer(200) && known.insert(message.body["id"].to_string());
            received.extend(new.then_some(message));
        }
        received
    }

    /// Waits until `enough` is true of what was received.
    pub(crate) async fn until(&self, enough: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let mut count = self.count.clone();
        let waited = tokio::time::timeout(PATIENCE, count.wait_for(|_| enough(&self.received())));
        let waited = waited.await.is_ok();
        assert!(waited, "not enough was received: {:#?}", self.all());
        self.received()
    }

    /// Waits until so many messages have arrived, whatever was done with them.
    pub(crate) async fn arrived(&self, many: usize) -> Vec<(Message, Reaction)> {
        let mut count = self.count.clone();
        let waited = tokio::time::timeout(PATIENCE, count.wait_for(|count| *count >= many)).await;
        assert!(waited.is_ok(), "{many} did not arrive: {:#?}", self.all());
        self.all()
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<(Message, Reaction)>>,
    react: &React,
    (counted, mut released): (&watch::Sender<usize>, watch::Receiver<bool>),
) {
    let Some(message) = read(&mut stream).await else { return };
    let reaction = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let reaction = react(seen.len(), &message);
        seen.push((message, reaction));
        counted.send_replace(seen.len());
        reaction
    };
    if matches!(reaction, Reaction::Late(_)) && released.wait_for(|is| *is).await.is_err() {
        return;
    }
    let answer = match reaction {
        Reaction::Answer(status) | Reaction::Late(status) => {
            let more = if (300..400).contains(&status) { "location: /elsewhere\r\n" } else { "" };
            format!("HTTP/1.1 {status} x\r\n{more}content-length: 4\r\n\r\nseen")
        }
        Reaction::AskAgainIn(seconds) => {
            format!("HTTP/1.1 429 x\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n")
        }
        // Until whoever sends gives up.
        Reaction::Hang => return while stream.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {},
        Reaction::Reset => return,
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Message> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let headers: BTreeMap<String, String> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length")?.parse().ok()?;
            if rest.len() >= length {
                let body = serde_json::from_str(rest).ok()?;
                return Some(Message { headers, text: rest.to_owned(), body });
            }
        }
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
}
