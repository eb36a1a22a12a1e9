//! The table's stream, delivered to a function as Lambda's event source mapping does it.
//!
//! In order, in batches, at least once. A batch that fails is repeated, from the first failed
//! record when the function reports which failed (`ReportBatchItemFailures`), and given up after
//! `MaximumRetryAttempts`; nothing after it of its group (`batches.rs`) is delivered before that.
//! Source: AWS, "Using AWS Lambda with Amazon DynamoDB", *Error handling*, *Partial batch responses*.

use super::{
    Setting,
    batches::{Batch, Batches},
    filter::Filter,
};
use crate::{
    engine::Endpoint,
    pool::{Outcome, Pool},
    template::{REGION, StreamSource},
};
use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// How often an idle stream is looked at. Lambda does it four times a second.
const POLL: Duration = Duration::from_millis(50);
/// The first pause before a failed batch is repeated; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How far a function has read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    stream: String,
    shard: String,
    sequence_number: String,
}

/// Something that is done beside other things.
enum Step {
    /// The next records of the shard were asked for.
    Read(Result<Value>),
    /// A batch was delivered, or given up.
    Delivered(Batch),
}

/// Reads the stream for one function.
pub(super) struct Follower {
    source: StreamSource,
    filter: Filter,
    pool: Arc<Pool>,
    endpoint: Endpoint,
    table: String,
    checkpoint_file: Option<PathBuf>,
}

impl Follower {
    pub(super) fn new(source: &StreamSource, pool: Arc<Pool>, setting: &Setting) -> Result<Self> {
        let file = format!("stream-{}.json", pool.function.bin);
        Ok(Self {
            filter: Filter::parse(source.filter_criteria.as_ref())?,
            source: source.clone(),
            pool,
            endpoint: setting.endpoint.clone(),
            table: setting.table.clone(),
            checkpoint_file: setting.folder.as_ref().map(|folder| folder.join(file)),
        })
    }

    /// Follows the stream until the task is dropped.
    pub(super) async fn run(self) {
        let mut checkpoint = self.load_checkpoint();
        let follower = Arc::new(self);
        loop {
            // Whatever breaks here (the engine is gone, the table was made anew) is cured by
            // looking again from the last checkpoint.
            let _ = follower.follow(&mut checkpoint).await;
            tokio::time::sleep(POLL).await;
        }
    }

    async fn stream_call(&self, action: &str, body: Value) -> Result<Value> {
        self.endpoint.call(&format!("DynamoDBStreams_20120810.{action}"), &body).await
    }

    /// Reads the shards to their ends, one after the other.
    async fn follow(self: &Arc<Self>, checkpoint: &mut Option<Checkpoint>) -> Result<()> {
        let streams = self.stream_call("ListStreams", json!({"TableName": self.table})).await?;
        let stream = text(&streams, "/Streams/0/StreamArn").context("the table has no stream")?;
        let described = self.stream_call("DescribeStream", json!({"StreamArn": stream})).await?;
        checkpoint.take_if(|known| known.stream != stream);
        let shards = described.pointer("/StreamDescription/Shards").and_then(Value::as_array);
        let shards: Vec<_> =
            shards.into_iter().flatten().filter_map(|s| text(s, "/ShardId").ok()).collect();
        let start = checkpoint.as_ref().map(|known| known.shard.clone());
        let shards = match shards.iter().position(|shard| Some(shard) == start.as_ref()) {
            Some(index) => shards.split_at(index).1,
            None => shards.as_slice(),
        };
        for shard in shards {
            self.follow_shard(&stream, shard, checkpoint).await?;
        }
        Ok(())
    }

    /// Reads a shard to its end, while batches of what was read before are on their way.
    async fn follow_shard(
        self: &Arc<Self>,
        stream: &str,
        shard: &str,
        checkpoint: &mut Option<Checkpoint>,
    ) -> Result<()> {
        let mut iterator = Some(self.iterator(stream, shard, checkpoint.as_ref()).await?);
        let mut batches = Batches::new(self.source.batch_size, self.source.parallelization_factor);
        let (mut steps, mut is_reading) = (JoinSet::new(), false);
        loop {
            while let Some(batch) = batches.next() {
                let follower = Arc::clone(self);
                steps.spawn(async move {
                    follower.deliver(&batch.records).await;
                    Step::Delivered(batch)
                });
            }
            if let (false, room @ 1.., Some(from)) = (is_reading, batches.room(), &iterator) {
                let (follower, from) = (Arc::clone(self), from.clone());
                is_reading = true;
                steps.spawn(async move { Step::Read(follower.read(&from, room).await) });
            }
            let Some(step) = steps.join_next().await else { return Ok(()) };
            match step? {
                Step::Read(answer) => {
                    let mut answer = answer?;
                    iterator = text(&answer, "/NextShardIterator").ok();
                    is_reading = false;
                    let records = answer.get_mut("Records").map(Value::take);
                    if let Some(Value::Array(records)) = records {
                        batches.add(records, &self.filter);
                    }
                }
                Step::Delivered(batch) => batches.finish(&batch),
            }
            if let Some(sequence_number) = batches.passed() {
                let (stream, shard) = (stream.to_owned(), shard.to_owned());
                *checkpoint = Some(Checkpoint { stream, shard, sequence_number });
                self.save_checkpoint(checkpoint.as_ref());
            }
        }
    }

    /// The next records, so many at most; if there are none, after a while.
    async fn read(&self, iterator: &str, most: usize) -> Result<Value> {
        let request = json!({"ShardIterator": iterator, "Limit": most});
        let answer = self.stream_call("GetRecords", request).await?;
        if answer.get("Records").and_then(Value::as_array).is_none_or(Vec::is_empty) {
            tokio::time::sleep(POLL).await;
        }
        Ok(answer)
    }

    async fn iterator(
        &self,
        stream: &str,
        shard: &str,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<String> {
        let (kind, after) = match checkpoint {
            Some(known) if known.shard == shard => {
                ("AFTER_SEQUENCE_NUMBER", Some(&known.sequence_number))
            }
            None if self.source.starting_position == "LATEST" => ("LATEST", None),
            _ => ("TRIM_HORIZON", None),
        };
        let mut request = Map::from_iter([
            ("StreamArn".to_owned(), Value::from(stream)),
            ("ShardId".to_owned(), Value::from(shard)),
            ("ShardIteratorType".to_owned(), Value::from(kind)),
        ]);
        if let Some(number) = after {
            request.insert("SequenceNumber".to_owned(), Value::from(number.as_str()));
        }
        let request = Value::Object(request);
        text(&self.stream_call("GetShardIterator", request).await?, "/ShardIterator")
    }

    /// Delivers records in order, repeating what fails, until each has succeeded or is given up.
    async fn deliver(&self, records: &[Value]) {
        let mut batches = VecDeque::from([(records.to_vec(), 0)]);
        let mut pause = FIRST_PAUSE;
        while let Some((mut batch, attempts)) = batches.pop_front() {
            if batch.is_empty() {
                continue;
            }
            let Some(failed) = self.first_failure(&batch).await else {
                pause = FIRST_PAUSE;
                continue;
            };
            let rest = batch.split_off(failed);
            // What succeeded moves the checkpoint, and the count of attempts begins again.
            let attempts = if failed > 0 { 0 } else { attempts };
            if self.source.bisect_batch_on_function_error && rest.len() > 1 {
                let (first, second) = rest.split_at(rest.len().div_ceil(2));
                batches.push_front((second.to_vec(), attempts));
                batches.push_front((first.to_vec(), attempts));
            } else if self.may_repeat(attempts) {
                batches.push_front((rest, attempts.saturating_add(1)));
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    fn may_repeat(&self, attempts: i64) -> bool {
        self.source.maximum_retry_attempts < 0 || attempts < self.source.maximum_retry_attempts
    }

    /// Invokes the function; the index of the first record that failed, or nothing.
    async fn first_failure(&self, batch: &[Value]) -> Option<usize> {
        let records: Vec<_> = batch.iter().map(|record| self.event_record(record)).collect();
        let payload = json!({ "Records": records }).to_string();
        let answer = loop {
            match self.pool.invoke(payload.clone().into()).await {
                Outcome::Answer(answer) => break answer,
                Outcome::Error(_) => return Some(0),
                Outcome::Throttled => tokio::time::sleep(FIRST_PAUSE).await,
            }
        };
        if !self.source.reports_failures() {
            return None;
        }
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let failures = answer.get("batchItemFailures").and_then(Value::as_array)?;
        let index_of = |failure: &Value| {
            let failed = failure.get("itemIdentifier").and_then(Value::as_str)?;
            batch.iter().position(|record| {
                text(record, "/dynamodb/SequenceNumber").is_ok_and(|number| number == failed)
            })
        };
        // An identifier that is empty or unknown fails the whole batch.
        failures.iter().map(|failure| index_of(failure).unwrap_or(0)).min()
    }

    /// A stream record as it stands in Lambda's event.
    fn event_record(&self, record: &Value) -> Value {
        let mut record = record.clone();
        if let Some(fields) = record.as_object_mut() {
            fields.insert("awsRegion".to_owned(), REGION.into());
            fields.insert("eventSourceARN".to_owned(), self.source.stream.clone().into());
        }
        record
    }

    fn load_checkpoint(&self) -> Option<Checkpoint> {
        let text = std::fs::read(self.checkpoint_file.as_ref()?).ok()?;
        serde_json::from_slice(&text).ok()
    }

    fn save_checkpoint(&self, checkpoint: Option<&Checkpoint>) {
        let Some(file) = &self.checkpoint_file else { return };
        // A checkpoint that is not saved only means that records are delivered once more.
        if let Ok(text) = serde_json::to_vec(&checkpoint) {
            let new = file.with_extension("json.new");
            let _ = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, file));
        }
    }
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| anyhow!("no {pointer} in {value}"))
}
