//! Parses what a request asks for from its bytes.

use buildkite_audit_logs::text::time::Millis;
use serde_json::Value;

/// What a request asks for.
pub struct Asked {
    pub from_us: Option<i64>,
    pub to_us: Option<i64>,
    pub after: Option<String>,
    pub first: usize,
    /// Whether a type filter includes the new type; `None` without a type filter.
    pub for_new: Option<bool>,
    /// Bounds and types in short form. A cursor is valid only for the filter it was returned for.
    pub filter: String,
}

impl Asked {
    pub fn read(body: &str) -> Self {
        let request: Value = serde_json::from_str(body).expect("the request is JSON");
        let variables = &request["variables"];
        let time = |name: &str| {
            let text = variables[name].as_str()?;
            Some(Millis::parse_rfc3339(text).expect("a time").get() * 1_000)
        };
        let filter = ["from", "to", "types"].map(|name| variables[name].to_string()).concat();
        Self {
            filter: filter.replace(['"', ':'], ""),
            from_us: time("from"),
            to_us: time("to"),
            after: variables["after"].as_str().map(str::to_owned),
            first: variables["first"].as_u64().expect("first") as usize,
            for_new: variables["types"].as_array().map(|types| types.contains(&"Z".into())),
        }
    }

    /// Returns whether its cursor was returned for another filter.
    pub fn has_foreign_cursor(&self) -> bool {
        let given = self.after.as_ref().and_then(|after| after.splitn(3, ':').nth(2));
        given.is_some_and(|filter| filter != self.filter)
    }

    /// Returns whether it opens a live gap, which has no upper bound.
    pub fn is_live(&self) -> bool {
        self.to_us.is_none() && self.after.is_none()
    }
}
