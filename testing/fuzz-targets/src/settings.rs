//! Fuzzes settings and secrets: the bytes up to the first NUL are the settings, the rest is the token.

use std::collections::BTreeMap;

use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::settings::Config;
use buildkite_audit_logs::settings::endpoint::Endpoint;
use buildkite_audit_logs::source::{Source, Turn};
use buildkite_audit_logs::text::time::{HOUR_MS, Millis};
use kit::TOKEN;

use crate::{exchange, heap, promises};

/// Maximum number of errors in one settings object: two lists of 500 types, 20 keys in each of two objects, and the
/// rest.
const FAULTS_MAX: usize = 1_100;
/// Maximum length of a message about a field, in bytes: 60 characters of a value, and the help.
const MESSAGE_BYTES_MAX: usize = 1_024;

/// Asserts that any settings and any token lead to a source or to bounded messages, and that accepted values are in
/// range.
pub fn run(bytes: &[u8]) {
    let (settings, token) = exchange::split(bytes, b"\0");
    let settings = String::from_utf8_lossy(settings);
    let token = String::from_utf8_lossy(token).into_owned();
    let token = if token.is_empty() { TOKEN.to_owned() } else { token };
    let secrets = [("api_token".to_owned(), token)];
    let now = Millis::new(promises::NOW_MS);
    // Each invalid byte becomes three bytes of UTF-8.
    let source =
        heap::bounded(3 * bytes.len(), || Source::configure(&settings, &secrets, None, now));
    match source {
        Ok(source) => accepted(source, now),
        Err(Error::InvalidConfig(faults)) => {
            assert!((1..=FAULTS_MAX).contains(&faults.len()), "{} faults", faults.len());
            for fault in faults {
                let [(_, token)] = &secrets;
                // Any other word may occur in a message, and settings are quoted.
                let is_telling = token.starts_with("bkua_")
                    && token.len() >= 12
                    && !settings.contains(token.as_str());
                assert!(!(is_telling && fault.message.contains(token.as_str())), "{fault:?}");
                assert!(fault.message.len() <= MESSAGE_BYTES_MAX, "{fault:?}");
            }
        }
        Err(other) => panic!("{other}"),
    }
}

/// Asserts that accepted settings are in range, and that the request is JSON that contains them.
fn accepted(mut source: Source, now: Millis) {
    let config = source.config().clone();
    in_range(&config);
    promises::checkpoint(&source);
    let Turn::Send(call) = source.read_batch(1, now) else {
        panic!("a new source makes a request at once");
    };
    assert!((1..=500).contains(&call.ask().first));
    let body: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&call.request().body).expect("the request is JSON");
    assert_eq!(body["variables"]["slug"], config.org_slug.as_str());
}

fn in_range(config: &Config) {
    let day_ms = 24 * HOUR_MS;
    assert!((1..=500).contains(&config.page_size));
    assert!((1_000..=day_ms).contains(&config.lookback_ms));
    assert!((1_000..=day_ms).contains(&config.poll_interval_ms));
    assert!((0..=90).contains(&config.reserve_percent));
    assert!((0..=HOUR_MS).contains(&config.request_spacing_ms));
    assert!((1..=200).contains(&config.org_slug.len()));
    for types in [&config.event_types, &config.exclude_event_types] {
        assert!(types.len() <= 500 && types.windows(2).all(|pair| pair[0] < pair[1]));
    }
    // The address survives a round trip, and the token fits into a header.
    let endpoint = &config.endpoint;
    let text = format!("{}{}", endpoint.origin(), endpoint.path);
    assert_eq!(Endpoint::parse(&text).as_ref(), Ok(endpoint));
    assert!(config.token.bearer().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
}
