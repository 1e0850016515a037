//! The JSON Schema of the settings. A test compares its ranges and defaults with those that are checked.

/// The JSON Schema of the settings.
pub const SETTINGS_SCHEMA: &str = include_str!("settings.schema.json");

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::endpoint;
    use crate::settings::range::{self, SLUG_CHARS_MAX, TYPE_CHARS_MAX, TYPES_MAX};

    #[test]
    fn the_schema_has_the_ranges_and_defaults_of_the_check() {
        let schema: Value = serde_json::from_str(SETTINGS_SCHEMA).unwrap();
        let properties = &schema["properties"];
        for number in range::NUMBERS {
            let property = &properties[number.key];
            let range = [&property["minimum"], &property["maximum"], &property["default"]];
            let wanted = [number.least, number.most, number.default].map(Value::from);
            assert_eq!(range, wanted.each_ref(), "{}", number.key);
        }
        let rate = &properties["rate_limit"]["properties"]["rate"];
        let (least, most) = range::RATE;
        assert_eq!([&rate["minimum"], &rate["maximum"]], [&json!(least), &json!(most)]);
        assert_eq!(properties["endpoint"]["default"], endpoint::DEFAULT);
        assert_eq!(
            properties["org_slug"]["pattern"],
            format!("^[a-z0-9_-]{{1,{SLUG_CHARS_MAX}}}$")
        );
        for list in [&properties["event_types"], &properties["exclude_event_types"]] {
            assert_eq!(list["maxItems"], TYPES_MAX);
            assert_eq!(list["items"]["pattern"], format!("^[A-Z0-9_]{{1,{TYPE_CHARS_MAX}}}$"));
        }
    }
}
