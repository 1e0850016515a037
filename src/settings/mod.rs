//! The operator's JSON and secrets → [`Config`], or everything that is wrong with them. Defaults and ranges are in
//! `range`, the error messages in `fields`.

pub mod endpoint;

pub mod range;

pub mod schema;

pub mod token;

mod near;

mod start;

mod fields;

use crate::error::Error;
use crate::settings::endpoint::Endpoint;
use crate::settings::fields::Fields;
pub use crate::settings::fields::SETTINGS_BYTES_MAX;
use crate::settings::token::Token;
use crate::text::time::{Millis, SECOND_MS};

/// Every key, for the message about an unknown one.
pub const KEYS: [&str; 10] = [
    "org_slug",
    "backfill_start_time",
    "endpoint",
    "page_size",
    "lookback_seconds",
    "poll_interval_seconds",
    "event_types",
    "exclude_event_types",
    "reserve_percent",
    "rate_limit",
];

/// The validated settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Slug of the organization, as in its web address.
    pub org_slug: String,
    /// Where history begins. `None` for no past records.
    pub backfill_start: Option<Millis>,
    /// Where requests go.
    pub endpoint: Endpoint,
    /// Maximum number of events per request, 1 to 500.
    pub page_size: u32,
    /// Maximum delay, in milliseconds, with which an event may become visible and still be found.
    pub lookback_ms: i64,
    /// Time between two polls for new events, in milliseconds.
    pub poll_interval_ms: i64,
    /// Event types to request, sorted. Empty for all.
    pub event_types: Vec<String>,
    /// Event types to drop, sorted.
    pub exclude_event_types: Vec<String>,
    /// Share of each rate-limit bucket left to others, in percent, 0 to 90.
    pub reserve_percent: i64,
    /// Minimum time between two requests, in milliseconds. 0 for no limit.
    pub request_spacing_ms: i64,
    /// The API token, or the placeholder that the host passes for it.
    pub token: Token,
}

impl Config {
    /// Parses settings and secrets. `now` is needed to refuse a start in the future.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidConfig`] with every error that was found.
    pub fn parse(settings: &str, secrets: &[(String, String)], now: Millis) -> Result<Self, Error> {
        let mut fields = Fields::read(settings)?;
        let org_slug = fields.slug();
        let endpoint = fields.endpoint(&org_slug);
        let config = Self {
            org_slug,
            backfill_start: fields.start(now),
            endpoint,
            page_size: fields.number(range::PAGE_SIZE) as u32,
            lookback_ms: fields.number(range::LOOKBACK) * SECOND_MS,
            poll_interval_ms: fields.number(range::POLL_INTERVAL) * SECOND_MS,
            event_types: fields.types("event_types"),
            exclude_event_types: fields.types("exclude_event_types"),
            reserve_percent: fields.number(range::RESERVE),
            request_spacing_ms: fields.spacing(),
            token: fields.token(secrets),
        };
        fields.finish(&KEYS)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
        let parse = |settings| Config::parse(settings, &secrets, Millis::LAST);
        assert_eq!(parse("\u{feff}{\"org_slug\": \"acme\"}").unwrap().org_slug, "acme");
        assert!(parse("{\u{feff}\"org_slug\": \"acme\"}").is_err());
    }

    #[test]
    fn no_setting_and_no_schema_accepts_null() {
        let schema: serde_json::Value = serde_json::from_str(schema::SETTINGS_SCHEMA).unwrap();
        let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
        for key in KEYS {
            let type_ = &schema["properties"][key]["type"];
            assert!(type_.is_string() && *type_ != "null", "{key}: {type_}");
            let settings = format!(r#"{{"org_slug": "acme", "{key}": null}}"#)
                .replace(r#""org_slug": "acme", "org_slug""#, r#""org_slug""#);
            let Err(Error::InvalidConfig(faults)) =
                Config::parse(&settings, &secrets, Millis::LAST)
            else {
                panic!("{key} was accepted")
            };
            assert!(faults.len() == 1 && faults[0].field == key, "{faults:?}");
            assert!(faults[0].message.starts_with("null"), "{faults:?}");
        }
    }

    #[test]
    fn a_token_that_could_be_part_of_an_answer_is_refused_as_a_field() {
        let secrets = [("api_token".to_owned(), "pageInfo".to_owned())];
        let Err(Error::InvalidConfig(faults)) =
            Config::parse(r#"{"org_slug": "acme"}"#, &secrets, Millis::LAST)
        else {
            panic!("it was accepted")
        };
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].field, "secrets.api_token");
        assert!(faults[0].message.starts_with("shorter than 16 characters; "), "{faults:?}");
        assert!(faults[0].message.contains("looks like bkua_"), "{faults:?}");
    }
}
