//! The messages of the Airbyte protocol, version 0.18, as far as a source sends them. Source:
//! <https://github.com/airbytehq/airbyte-protocol>, `airbyte_protocol.yaml`.

use crate::stream::NAME;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the protocol names them")]
pub enum Message<'a> {
    Record {
        record: Record<'a>,
    },
    State {
        state: State<'a>,
    },
    Trace {
        trace: Trace<'a>,
    },
    Log {
        log: Log<'a>,
    },
    Spec {
        spec: Value,
    },
    ConnectionStatus {
        #[serde(rename = "connectionStatus")]
        connection_status: Status<'a>,
    },
    Catalog {
        catalog: Value,
    },
}

/// One record.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    /// The name of the stream.
    pub stream: &'static str,
    /// The record.
    pub data: &'a RawValue,
    /// When it was read, in Unix milliseconds.
    pub emitted_at: i64,
}

/// The state after the records before it.
#[derive(Debug, Serialize)]
pub struct State<'a> {
    r#type: &'static str,
    stream: StreamState<'a>,
    #[serde(rename = "sourceStats")]
    stats: Stats,
}

#[derive(Debug, Serialize)]
struct StreamState<'a> {
    stream_descriptor: Descriptor,
    stream_state: &'a Value,
}

#[derive(Debug, Serialize)]
struct Descriptor {
    name: &'static str,
}

#[derive(Debug, Serialize)]
struct Stats {
    #[serde(rename = "recordCount")]
    records: f64,
}

impl<'a> State<'a> {
    /// Returns a state, and how many records were sent since the one before it.
    pub fn new(state: &'a Value, records: usize) -> Self {
        let stream_descriptor = Descriptor { name: NAME };
        Self {
            r#type: "STREAM",
            stream: StreamState { stream_descriptor, stream_state: state },
            stats: Stats { records: records as f64 },
        }
    }
}

/// What happens to the stream or the connector.
#[derive(Debug, Serialize)]
pub struct Trace<'a> {
    emitted_at: f64,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
enum What<'a> {
    StreamStatus { stream_status: Value },
    Error { error: Fault<'a> },
}

#[derive(Debug, Serialize)]
struct Fault<'a> {
    message: &'a str,
    failure_type: FailureType,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_descriptor: Option<Descriptor>,
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureType {
    /// The user: the config, the access or the state.
    ConfigError,
    /// Nobody: a later sync may succeed.
    TransientError,
    /// The developers.
    SystemError,
}

/// What a stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamStatus {
    /// The sync has begun.
    Started,
    /// There are records.
    Running,
    /// Everything was read.
    Complete,
    /// Something is missing.
    Incomplete,
}

impl<'a> Trace<'a> {
    /// Returns the status of the stream. `limited_until` is when the remote's rate limit allows the next request, in Unix
    /// milliseconds, if the sync waits for that.
    pub fn status(status: StreamStatus, limited_until: Option<i64>, now_ms: i64) -> Self {
        let mut stream_status = serde_json::json!({
            "stream_descriptor": {"name": NAME},
            "status": status,
        });
        if let Some(quota_reset) = limited_until {
            let limited = serde_json::json!({ "quota_reset": quota_reset });
            stream_status["reasons"] =
                serde_json::json!([{"type": "RATE_LIMITED", "rate_limited": limited}]);
        }
        Self { emitted_at: now_ms as f64, what: What::StreamStatus { stream_status } }
    }

    /// Returns an error that ends the command. `is_read` says whether the command is `read`.
    pub fn error(message: &'a str, who: FailureType, is_read: bool, now_ms: i64) -> Self {
        let fault = Fault {
            message,
            failure_type: who,
            stream_descriptor: is_read.then_some(Descriptor { name: NAME }),
        };
        Self { emitted_at: now_ms as f64, what: What::Error { error: fault } }
    }
}

/// A line for the log of the platform.
#[derive(Debug, Serialize)]
pub struct Log<'a> {
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: &'a str,
    /// The text.
    pub message: &'a str,
}

/// The result of `check`.
#[derive(Debug, Serialize)]
pub struct Status<'a> {
    /// `SUCCEEDED` or `FAILED`.
    pub status: &'static str,
    /// What is wrong, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
}
