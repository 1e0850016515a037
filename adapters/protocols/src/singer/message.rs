//! The messages of the Singer specification, version 0.3. Source:
//! <https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md>.

use crate::stream::{Form, NAME};
use serde::Serialize;
use serde_json::Value;

/// A message. `R` is a record.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Message<R> {
    /// What records look like. Comes before the first record.
    Schema {
        /// The name of the stream.
        stream: &'static str,
        /// The JSON Schema.
        schema: Value,
        /// The properties that identify a record.
        key_properties: &'static [&'static str],
        /// The properties that say how new a record is.
        bookmark_properties: [&'static str; 1],
    },
    /// One record.
    Record {
        /// The name of the stream.
        stream: &'static str,
        /// The record.
        record: R,
        /// When it was read, as RFC 3339.
        time_extracted: String,
    },
    /// The state after the records before it.
    State {
        /// The whole state of the tap.
        value: Value,
    },
}

impl<R> Message<R> {
    /// Returns the schema of the stream, with records in this form.
    pub fn schema(schema: Value, form: Form) -> Self {
        Self::Schema {
            stream: NAME,
            schema,
            key_properties: form.primary_key(),
            bookmark_properties: [form.cursor()],
        }
    }
}
