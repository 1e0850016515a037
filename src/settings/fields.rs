//! Reads the settings field by field. Each error says what is wrong and what a valid value looks like.

use crate::error::{Error, FieldError, short};
use crate::settings::endpoint::{self, Endpoint};
use crate::settings::near::hint;
use crate::settings::range::{RATE, Range, SLUG_CHARS_MAX, TYPE_CHARS_MAX, TYPES_MAX};
use crate::settings::start;
use crate::settings::token::Token;
use crate::text::json::{Members, items, kind, string};
use crate::text::time::{HOUR_MS, Millis, SECOND_MS};

/// Maximum size of the settings, in bytes: a thousand times what they need.
pub const SETTINGS_BYTES_MAX: usize = 256 * 1024;
/// The only required setting.
const REQUIRED: &str = "org_slug";
/// Maximum number of characters of a wrong value that are shown.
const SHORT: usize = 60;

/// The settings while they are being read. Each reader takes its key and notes its errors.
pub struct Fields<'a> {
    members: Members<'a>,
    faults: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Parses the object.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidConfig`] on `settings` if it is not an object.
    pub fn read(settings: &'a str) -> Result<Self, Error> {
        let whole =
            |message: String| Error::InvalidConfig(vec![FieldError::new("settings", message)]);
        let example = r#"write an object like {"org_slug": "acme-inc"}"#;
        // Editors add a byte order mark, and hosts may pass a file on unchanged.
        let settings = settings.strip_prefix('\u{feff}').unwrap_or(settings);
        if settings.len() > SETTINGS_BYTES_MAX {
            return Err(whole(format!("longer than {SETTINGS_BYTES_MAX} bytes; {example}")));
        }
        match Members::read(settings) {
            Ok(members) => Ok(Self { members, faults: Vec::new() }),
            Err(why) => Err(whole(format!("not a JSON object ({why}); {example}"))),
        }
    }

    fn fault(&mut self, field: &str, why: &str, help: &str) {
        self.faults.push(FieldError::new(field, [why, "; ", help].concat()));
    }

    /// Notes a field that occurs twice, since nobody can tell which of its values is meant.
    fn once(&mut self, field: &str, is_twice: bool) {
        if is_twice {
            self.fault(field, "given twice", "keep one");
        }
    }

    /// Takes a value. `null` is refused, as the schema says: nobody can tell whether a value that a template left empty
    /// is meant to be absent.
    fn take(&mut self, key: &str) -> Option<&'a str> {
        self.once(key, self.members.is_twice(key));
        let raw = self.members.take_any(key)?;
        if raw == "null" && key != REQUIRED {
            self.fault(key, "null", "give it a value, or leave it out");
            return None;
        }
        Some(raw)
    }

    /// Takes a text. Returns `None` if it is absent or has the wrong type; the latter is noted.
    fn text(&mut self, key: &str, example: &str) -> Option<String> {
        let raw = self.take(key)?;
        let text = string(raw);
        if text.is_none() {
            let help = ["write \"", key, "\": \"", example, "\""].concat();
            self.fault(key, &[kind(raw), ", not text"].concat(), &help);
        }
        text
    }

    /// Reads a whole number within a range.
    pub fn number(&mut self, range: Range) -> i64 {
        let Range { key, least, most, default } = range;
        let Some(raw) = self.take(key) else { return default };
        match raw.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                let what =
                    if kind(raw) == "a number" { short(raw, SHORT) } else { kind(raw).to_owned() };
                let why = format!("{what} is not a whole number from {least} to {most}");
                self.fault(key, &why, &format!("write \"{key}\": {default}, for example"));
                default
            }
        }
    }

    /// Reads the organization's slug.
    pub fn slug(&mut self) -> String {
        let help = "write the last part of the organization's web address, \
                    acme-inc for https://buildkite.com/acme-inc";
        let before = self.faults.len();
        let slug = self.text(REQUIRED, "acme-inc").unwrap_or_default();
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if self.faults.len() > before {
            // The wrong type has been noted already.
        } else if slug.is_empty() {
            self.fault(REQUIRED, "missing or empty", help);
        } else if slug.len() > SLUG_CHARS_MAX || !slug.bytes().all(allowed) {
            let shown = short(&slug, SHORT);
            let why =
                ["\"", &shown, "\" is not a slug (lowercase letters, digits, - and _)"].concat();
            self.fault(REQUIRED, &why, help);
        }
        slug
    }

    /// Reads where history begins. `now` is needed to refuse a start in the future.
    pub fn start(&mut self, now: Millis) -> Option<Millis> {
        let key = "backfill_start_time";
        let text = self.text(key, start::EXAMPLE)?;
        let start = start::parse(&text, now);
        start.map_err(|why| self.faults.push(FieldError::new(key, why))).ok()
    }

    /// Reads where requests go. A portal must belong to the organization.
    pub fn endpoint(&mut self, org_slug: &str) -> Endpoint {
        let text = self
            .text("endpoint", endpoint::DEFAULT)
            .unwrap_or_else(|| endpoint::DEFAULT.to_owned());
        let endpoint = Endpoint::parse(&text).unwrap_or_else(|why| {
            self.faults.push(FieldError::new("endpoint", why));
            Endpoint { tls: true, authority: String::new(), path: String::new() }
        });
        if let Some(other) = endpoint.portal().filter(|slug| *slug != org_slug) {
            let why = ["a portal of ", &short(other, SHORT)].concat();
            self.fault("endpoint", &why, "use a portal of the organization in org_slug");
        }
        endpoint
    }

    /// Reads a list of event types, sorted.
    pub fn types(&mut self, key: &str) -> Vec<String> {
        let help = ["write \"", key, "\": [\"PIPELINE_CREATED\", \"USER_UPDATED\"]"].concat();
        let Some(raw) = self.take(key) else { return Vec::new() };
        let Some(items) = items(raw) else {
            self.fault(key, &[kind(raw), ", not a list"].concat(), &help);
            return Vec::new();
        };
        if items.len() > TYPES_MAX {
            let why = format!("{} names, but at most {TYPES_MAX} are allowed", items.len());
            self.fault(key, &why, &help);
            return Vec::new();
        }
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let is_type =
            |name: &String| (1..=TYPE_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed);
        let mut types: Vec<String> = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            match string(item).filter(is_type) {
                None => {
                    let why = [&short(item, SHORT), " is not an event type"].concat();
                    self.fault(&format!("{key}[{at}]"), &why, &help);
                }
                Some(name) => {
                    if let Err(place) = types.binary_search(&name) {
                        types.insert(place, name);
                    }
                }
            }
        }
        types
    }

    /// Reads the request limit, as the minimum number of milliseconds between two requests. 0 for no limit.
    pub fn spacing(&mut self) -> i64 {
        let help = r#"write "rate_limit": {"rate": 10, "unit": "minute"}"#;
        let Some(raw) = self.take("rate_limit") else { return 0 };
        let Some(mut limit) = Members::parse(raw) else {
            self.fault("rate_limit", &[kind(raw), ", not an object"].concat(), help);
            return 0;
        };
        for (key, field) in [("rate", "rate_limit.rate"), ("unit", "rate_limit.unit")] {
            self.once(field, limit.is_twice(key));
        }
        let unit_ms = match limit.text("unit").as_deref() {
            Some("second") => SECOND_MS,
            Some("minute") => 60 * SECOND_MS,
            Some("hour") => HOUR_MS,
            _ => {
                self.fault("rate_limit.unit", "must be second, minute or hour", help);
                0
            }
        };
        let rate = limit.take("rate").and_then(|raw| raw.parse::<i64>().ok());
        for key in limit.rest().take(20) {
            self.fault(&["rate_limit.", &short(key, SHORT)].concat(), "unknown key", help);
        }
        match rate {
            Some(rate) if (RATE.0..=RATE.1).contains(&rate) => (unit_ms + rate - 1) / rate,
            _ => {
                let why = format!("must be a whole number from {} to {}", RATE.0, RATE.1);
                self.fault("rate_limit.rate", &why, help);
                0
            }
        }
    }

    /// Reads the only secret.
    pub fn token(&mut self, secrets: &[(String, String)]) -> Token {
        for (at, (name, _)) in secrets.iter().enumerate() {
            if name != "api_token" {
                let field = ["secrets.", name].concat();
                self.fault(&field, "unknown secret", "the only one is api_token");
            } else {
                let is_twice = secrets[..at].iter().any(|(earlier, _)| earlier == name);
                self.once("secrets.api_token", is_twice);
            }
        }
        let value =
            secrets.iter().find(|(name, _)| name == "api_token").map(|(_, value)| value.as_str());
        Token::parse(value).unwrap_or_else(|why| {
            self.faults.push(FieldError::new("secrets.api_token", why));
            Token::default()
        })
    }

    /// Finishes reading.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidConfig`] with every error that was found, including keys that are not in `known`.
    pub fn finish(mut self, known: &[&str]) -> Result<(), Error> {
        self.unknown(known);
        if self.faults.is_empty() { Ok(()) } else { Err(Error::InvalidConfig(self.faults)) }
    }

    /// Notes the keys that no reader has taken: they are unknown.
    fn unknown(&mut self, known: &[&str]) {
        let members = std::mem::take(&mut self.members);
        for key in members.rest().take(20) {
            let shown = short(key, SHORT);
            self.fault(&shown, "unknown setting", &hint(&shown, known));
        }
    }
}
