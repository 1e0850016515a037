//! Parses what a request asks for from its bytes.

use buildkite_audit_logs::text::time::Millis;
use serde_json::Value;

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Lower bound of the time.
    pub from: Option<Millis>,
    /// Upper bound of the time.
    pub to: Option<Millis>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// Maximum number of rows.
    pub first: usize,
    /// The type filter.
    pub types: Option<Vec<String>>,
    /// Bounds and types in short form. A cursor is valid only for the filter it was returned for.
    pub filter: String,
}

impl Asked {
    /// Reads the body of a request.
    pub fn read(body: &str) -> Self {
        let request: Value = serde_json::from_str(body).expect("the request is JSON");
        let variables = &request["variables"];
        let time = |name: &str| {
            let text = variables[name].as_str()?;
            Some(Millis::parse_rfc3339(text).expect("a time"))
        };
        let text = |value: &Value| value.as_str().expect("a type").to_owned();
        let filter = ["from", "to", "types"].map(|name| variables[name].to_string()).concat();
        Self {
            filter: filter.replace(['"', ':'], ""),
            from: time("from"),
            to: time("to"),
            after: variables["after"].as_str().map(str::to_owned),
            first: variables["first"].as_u64().expect("first") as usize,
            types: variables["types"].as_array().map(|types| types.iter().map(text).collect()),
        }
    }

    /// Returns whether it opens a live gap, which has no upper bound.
    pub fn is_live(&self) -> bool {
        self.to.is_none() && self.after.is_none()
    }

    /// Returns whether a type filter includes this type; `None` without a type filter.
    pub fn names(&self, kind: &str) -> Option<bool> {
        self.types.as_ref().map(|types| types.iter().any(|name| name == kind))
    }
}
