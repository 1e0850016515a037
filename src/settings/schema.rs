//! The JSON Schema of the settings, with the ranges that the check has. The compiler puts it together, so that the
//! component holds the finished text and no code for it.

use crate::settings::endpoint;
use crate::settings::range::{
    LOOKBACK, PAGE_SIZE, POLL_INTERVAL, RATE, RESERVE, SLUG_CHARS_MAX, TYPE_CHARS_MAX, TYPES_MAX,
};

/// The JSON Schema of the settings.
pub const SETTINGS_SCHEMA: &str = match std::str::from_utf8(&SCHEMA.bytes) {
    Ok(schema) => schema,
    Err(_) => "",
};

const SCHEMA: Text<{ write::<{ 2 * TEMPLATE.len() }>().size }> = write();

/// The schema, with `@` for the address of the default endpoint and `#` for each of [`NUMBERS`], in order.
const TEMPLATE: &str = include_str!("schema.template");

/// What the check of the settings takes.
const NUMBERS: [i64; 19] = [
    SLUG_CHARS_MAX as i64,
    PAGE_SIZE.least,
    PAGE_SIZE.most,
    PAGE_SIZE.default,
    LOOKBACK.least,
    LOOKBACK.most,
    LOOKBACK.default,
    POLL_INTERVAL.least,
    POLL_INTERVAL.most,
    POLL_INTERVAL.default,
    TYPES_MAX as i64,
    TYPE_CHARS_MAX as i64,
    TYPES_MAX as i64,
    TYPE_CHARS_MAX as i64,
    RESERVE.least,
    RESERVE.most,
    RESERVE.default,
    RATE.0,
    RATE.1,
];

/// A text that the compiler writes. A text that does not fit is an error of the compiler.
struct Text<const ROOM: usize> {
    bytes: [u8; ROOM],
    size: usize,
}

impl<const ROOM: usize> Text<ROOM> {
    const fn push(&mut self, byte: u8) {
        self.bytes[self.size] = byte;
        self.size += 1;
    }

    const fn push_text(&mut self, text: &str) {
        let mut at = 0;
        while at < text.len() {
            self.push(text.as_bytes()[at]);
            at += 1;
        }
    }

    const fn push_number(&mut self, number: i64) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        self.push(b'0' + (number % 10) as u8);
    }
}

const fn write<const ROOM: usize>() -> Text<ROOM> {
    let mut text = Text { bytes: [0; ROOM], size: 0 };
    let (mut at, mut next) = (0, 0);
    while at < TEMPLATE.len() {
        match TEMPLATE.as_bytes()[at] {
            b'@' => text.push_text(endpoint::DEFAULT),
            b'#' => {
                text.push_number(NUMBERS[next]);
                next += 1;
            }
            byte => text.push(byte),
        }
        at += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::range;

    #[test]
    fn each_value_has_its_place() {
        assert_eq!(TEMPLATE.matches('#').count(), NUMBERS.len());
        let schema: Value = serde_json::from_str(SETTINGS_SCHEMA).unwrap();
        let properties = &schema["properties"];
        for number in range::NUMBERS {
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
