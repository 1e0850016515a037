//! A tenant's configuration, from the application's variables.

use source_driver::Plan;
use source_token::token;
use spin_sdk::variables::{self, Error};

/// How long a poll starts new batches, in seconds, unless `budget_seconds` is set.
const BUDGET_SECONDS: u64 = 25;

/// The configuration of a poll of one tenant.
pub struct Tenant {
    /// The tenant's name, for keys.
    pub name: String,
    /// The source's settings, in JSON.
    pub settings: String,
    /// Buildkite's API token.
    pub api_token: String,
    /// Where events go.
    pub sink: Address,
    /// The variables that settings and token came from, for messages about an error in them.
    pub named: String,
    /// The bounds of a poll.
    pub plan: Plan,
}

/// A collector's address and its credentials. Both belong to the same owner, the tenant or the application.
pub struct Address {
    /// The variable that held the address.
    pub named: String,
    /// The address.
    pub url: String,
    /// The whole value of the `Authorization` header. Empty for none.
    pub authorization: String,
}

impl Tenant {
    /// Reads the variables of a tenant. Each is `NAME_TENANT` if that is defined, otherwise `NAME`. Settings and token
    /// are always a tenant's own; `sink_authorization` has the suffix if `sink_url` has.
    ///
    /// # Errors
    ///
    /// Returns which variable is missing or wrong, without its value.
    pub async fn load(name: Option<&str>) -> Result<Self, String> {
        let own = |variable: &str| match name {
            Some(name) => format!("{variable}_{name}"),
            None => variable.to_owned(),
        };
        let number = async |variable: &str, usual: u64, range: std::ops::RangeInclusive<u64>| {
            let Some((named, text)) = shared(variable, &own(variable)).await? else {
                return Ok(usual);
            };
            let number = text.trim().parse().ok().filter(|number| range.contains(number));
            let (from, to) = (range.start(), range.end());
            number.ok_or_else(|| {
                format!("variable {named} must be a whole number from {from} to {to}")
            })
        };
        let missing = |variable: String, what: &str| {
            format!(
                "variable {variable} is not set (it holds {what}); declare it in spin.toml and set SPIN_VARIABLE_{}",
                variable.to_uppercase()
            )
        };
        let budget_ms = 1_000 * number("budget_seconds", BUDGET_SECONDS, 1..=3_600).await?;
        let usual = u64::from(Plan::POLL.batch_records);
        let records = number("batch_records", usual, 1..=100_000).await?;
        let (url_from, url) = shared("sink_url", &own("sink_url"))
            .await?
            .ok_or_else(|| missing("sink_url".into(), "the address to which events are sent"))?;
        // A tenant's own collector never receives the credentials of the shared one.
        let authorization = url_from.replacen("sink_url", "sink_authorization", 1);
        let authorization = get(&authorization).await?.unwrap_or_default();
        let api_token = get(&own("api_token"))
            .await?
            .ok_or_else(|| missing(own("api_token"), "the API token of Buildkite"))?;
        let api_token = token(&api_token)
            .map_err(|why| format!("variable {}: the token {why}", own("api_token")))?
            .to_owned();
        Ok(Self {
            settings: get(&own("settings"))
                .await?
                .ok_or_else(|| missing(own("settings"), "the source's settings, in JSON"))?,
            api_token,
            sink: Address { authorization, named: url_from, url },
            named: format!(" (variables {} and {})", own("settings"), own("api_token")),
            plan: Plan {
                batch_records: u32::try_from(records).unwrap_or(u32::MAX),
                budget_ms: Some(budget_ms),
                ..Plan::POLL
            },
            name: name.unwrap_or("default").to_owned(),
        })
    }
}

/// Returns a variable of the tenant, or else the shared one, with its name.
async fn shared(variable: &str, own: &str) -> Result<Option<(String, String)>, String> {
    let named = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
    match get(own).await? {
        None if own != variable => Ok(named(variable, get(variable).await?)),
        value => Ok(named(own, value)),
    }
}

/// Returns a variable, or `None` if it is undefined or empty.
async fn get(variable: &str) -> Result<Option<String>, String> {
    match variables::get(variable).await {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(Error::Undefined(_)) => Ok(None),
        // A provider's message may contain its own secrets.
        Err(_) => Err(format!("variable {variable} cannot be read; see Spin's log")),
    }
}
