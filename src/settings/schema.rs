//! The JSON Schema of the settings, with the ranges that the check has.

use std::fmt::{Display, Write};

use crate::settings::endpoint;
use crate::settings::range::{
    LOOKBACK, PAGE_SIZE, POLL_INTERVAL, RATE, RESERVE, SLUG_CHARS_MAX, TYPE_CHARS_MAX, TYPES_MAX,
};

/// The schema, with `@` for each of [`VALUES`], in order.
const TEMPLATE: &str = include_str!("schema.template");

/// What the check of the settings takes.
const VALUES: [&(dyn Display + Sync); 20] = [
    &SLUG_CHARS_MAX,
    &endpoint::DEFAULT,
    &PAGE_SIZE.least,
    &PAGE_SIZE.most,
    &PAGE_SIZE.default,
    &LOOKBACK.least,
    &LOOKBACK.most,
    &LOOKBACK.default,
    &POLL_INTERVAL.least,
    &POLL_INTERVAL.most,
    &POLL_INTERVAL.default,
    &TYPES_MAX,
    &TYPE_CHARS_MAX,
    &TYPES_MAX,
    &TYPE_CHARS_MAX,
    &RESERVE.least,
    &RESERVE.most,
    &RESERVE.default,
    &RATE.0,
    &RATE.1,
];

/// Returns the JSON Schema of the settings.
pub fn settings_schema() -> String {
    let (mut schema, mut rest) = (String::new(), TEMPLATE);
    for value in VALUES {
        let (before, after) = rest.split_once('@').unwrap_or((rest, ""));
        // Writing to a string does not fail.
        let _ = write!(schema, "{before}{value}");
        rest = after;
    }
    schema.push_str(rest);
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::range::NUMBERS;

    #[test]
    fn each_value_has_its_place() {
        assert_eq!(TEMPLATE.matches('@').count(), VALUES.len());
        let schema: Value = serde_json::from_str(&settings_schema()).unwrap();
        let properties = &schema["properties"];
        for number in NUMBERS {
            let property = &properties[number.key];
            let range = [&property["minimum"], &property["maximum"], &property["default"]];
            let wanted = [number.least, number.most, number.default].map(Value::from);
            assert_eq!(range, wanted.each_ref(), "{}", number.key);
        }
        let rate = &properties["rate_limit"]["properties"]["rate"];
        assert_eq!([&rate["minimum"], &rate["maximum"]], [&json!(1), &json!(100_000)]);
        assert_eq!(properties["endpoint"]["default"], endpoint::DEFAULT);
        assert_eq!(properties["org_slug"]["pattern"], "^[a-z0-9_-]{1,200}$");
        for list in [&properties["event_types"], &properties["exclude_event_types"]] {
            assert_eq!(list["maxItems"], TYPES_MAX);
            assert_eq!(list["items"]["pattern"], "^[A-Z0-9_]{1,100}$");
        }
    }
}
