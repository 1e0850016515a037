//! The operator's configuration. All errors are found at once, each with its key and what to do.

use source_driver::Plan;
use source_token::{token as token_in, trimmed};

/// Maximum length of a tenant's name, which is part of keys and of a subject.
const TENANT_CHARS_MAX: usize = 63;
/// Maximum length of a subject. NATS itself has no fixed limit, but a long one is likely a typo.
const SUBJECT_CHARS_MAX: usize = 255;
/// The default bucket.
const BUCKET: &str = "buildkite-audit-logs";
/// Default number of consecutive failures that are retried within a run: 31 s of waits, plus the time of the attempts.
const RETRIES: u32 = 5;
/// How long a run starts new batches, in milliseconds: ten minutes even in a long backfill, so that the configuration
/// is read again.
const BUDGET_MS: u64 = 10 * 60 * 1_000;

/// The configuration of one service.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// The source's settings, a JSON object that the source itself checks.
    pub settings: String,
    /// Whose audit log this is. Part of keys and of the default subject.
    pub tenant: String,
    /// The API token.
    pub token: Secret,
    /// Where events go.
    pub subject: String,
    /// Where checkpoints are stored.
    pub bucket: String,
    /// Batch size, retries, and when a run ends.
    pub plan: Plan,
}

/// A text that cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the text itself, for the source only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Options {
    /// Reads the configuration. `get` returns `None` for a key that is not set.
    ///
    /// # Errors
    ///
    /// Returns one sentence for each error: the key, what is wrong, and what to do. It never contains the value of a
    /// secret.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let get = |key: &str| get(key).map(|value| trimmed(&value).to_owned());
        let mut faults = Vec::new();
        let tenant = tenant(get("tenant"), &mut faults);
        let subject = get("subject").unwrap_or_else(|| format!("audit.{tenant}"));
        if !tenant.is_empty() && !is_subject(&subject) {
            faults.push(
                "subject: must be names separated by dots, without spaces or wildcards, \
                 for example audit.acme"
                    .to_owned(),
            );
        }
        let bucket = get("bucket").unwrap_or_else(|| BUCKET.to_owned());
        if bucket.is_empty()
            || !bucket.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        {
            faults.push("bucket: must contain only letters, digits, - and _".to_owned());
        }
        let settings = get("settings").unwrap_or_default();
        if settings.is_empty() {
            let example = r#"{"org_slug": "acme-inc"}"#;
            faults.push(format!(
                "settings: missing; set the source's settings, for example {example}"
            ));
        }
        let token = token(get("api_token"), &mut faults);
        let usual = Plan::POLL.batch_records;
        let batch_records = number("batch_records", get, 1..=10_000, usual, &mut faults);
        let retries = Some(number("retries", get, 0..=20, RETRIES, &mut faults));
        let plan = Plan { batch_records, budget_ms: Some(BUDGET_MS), retries, ..Plan::POLL };
        match faults.is_empty() {
            true => Ok(Self { settings, tenant, token, subject, bucket, plan }),
            false => Err(faults),
        }
    }
}

fn tenant(value: Option<String>, faults: &mut Vec<String>) -> String {
    let rule =
        format!("a name of 1 to {TENANT_CHARS_MAX} characters of a-z, 0-9 and -, for example acme");
    let Some(name) = value.filter(|name| !name.is_empty()) else {
        faults.push(format!("tenant: missing; set {rule}"));
        return String::new();
    };
    let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() > TENANT_CHARS_MAX || !name.chars().all(is_fit) {
        faults.push(format!("tenant: must be {rule}"));
        return String::new();
    }
    name
}

fn token(value: Option<String>, faults: &mut Vec<String>) -> Secret {
    let fault = match value.as_deref().map(token_in) {
        Some(Ok(token)) => return Secret(token.to_owned()),
        Some(Err(why)) => format!("api_token: the token {why}"),
        None => "api_token: missing; provide it as a secret of the workload".to_owned(),
    };
    faults.push(fault);
    Secret(String::new())
}

/// Returns whether messages can be published to this subject. Source: docs.nats.io, Subject-Based Messaging.
fn is_subject(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && !"*>".contains(c))
    };
    text.len() <= SUBJECT_CHARS_MAX && !text.starts_with('$') && text.split('.').all(is_name)
}

fn number(
    key: &str,
    get: impl Fn(&str) -> Option<String>,
    range: std::ops::RangeInclusive<u32>,
    usual: u32,
    faults: &mut Vec<String>,
) -> u32 {
    let Some(text) = get(key) else { return usual };
    text.parse().ok().filter(|number| range.contains(number)).unwrap_or_else(|| {
        let (low, high) = (range.start(), range.end());
        faults.push(format!("{key}: must be a whole number from {low} to {high}"));
        usual
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Options, Vec<String>> {
        Options::read(|key| {
            pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn three_keys_are_enough() {
        let three =
            [("settings", "{}"), ("tenant", "acme"), ("api_token", "bkua_0123456789abcdef")];
        let options = read(&three).ok().unwrap();
        assert_eq!(options.subject, "audit.acme");
        assert_eq!((options.bucket.as_str(), options.plan.batch_records), (BUCKET, 500));
    }

    #[test]
    fn every_fault_is_named_at_once_with_its_key() {
        let faults = read(&[("bucket", "a/b"), ("batch_records", "0"), ("retries", "many")]);
        let keys = ["tenant", "bucket", "settings", "api_token", "batch_records", "retries"];
        let named: Vec<String> = faults.err().unwrap();
        let named: Vec<&str> = named.iter().filter_map(|fault| fault.split(':').next()).collect();
        assert_eq!(named, keys);
    }

    #[test]
    fn white_space_around_the_token_is_removed_and_anything_else_is_reported() {
        fn with(token: &str) -> Result<Options, Vec<String>> {
            read(&[("settings", "{}"), ("tenant", "acme"), ("api_token", token)])
        }
        for around in ["@", "@\n", "@\r\n", " \t@ \n\n", "\u{feff}@"] {
            let stored = around.replace('@', "bkua_0123456789abcdef");
            let options = with(&stored).ok().unwrap();
            assert_eq!(options.token.expose(), "bkua_0123456789abcdef");
        }
        for (bad, why) in [
            ("\"bkua_0123456789abcdef\"", "is in quotation marks"),
            ("Bearer bkua_0123456789abcdef", "begins with an authentication scheme"),
            ("bkua_0123456789", "is shorter than 16 characters"),
            (" \r\n", "is empty"),
        ] {
            let faults = with(bad).err().unwrap();
            assert!(faults.len() == 1 && faults[0].starts_with("api_token: the token "));
            assert!(faults[0].contains(why) && !faults[0].contains("0123"), "{faults:?}");
        }
    }

    #[test]
    fn white_space_around_any_value_is_removed() {
        let options = read(&[
            ("settings", " {}\n"),
            ("tenant", "acme\n"),
            ("api_token", "bkua_0123456789abcdef\n"),
            ("subject", " audit.a\r\n"),
            ("bucket", "b\n"),
            ("batch_records", "7\n"),
        ]);
        let options = options.ok().unwrap();
        assert_eq!((options.settings.as_str(), options.tenant.as_str()), ("{}", "acme"));
        assert_eq!((options.subject.as_str(), options.bucket.as_str()), ("audit.a", "b"));
        assert_eq!(options.plan.batch_records, 7);
    }

    #[test]
    fn only_a_subject_that_can_be_published_to_is_valid() {
        for good in ["audit", "audit.acme", "a.b-c.D_1"] {
            assert!(is_subject(good), "{good}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a.*", "a.>", "a b", "$SYS.x", "a\n"] {
            assert!(!is_subject(bad), "{bad}");
        }
    }
}
