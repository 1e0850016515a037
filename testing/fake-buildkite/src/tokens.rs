//! Mints tokens, and knows which of them are accepted.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::accounts::{Accounts, Application};
use crate::jwt::claims;

/// Minutes that a portal token lives at most, and by default.
const PORTAL_MINUTES_MAX: u64 = 60;

/// Seconds that an exchanged token lives at most.
const EXCHANGE_SECONDS_MAX: u64 = 86_400;

/// The tokens that were minted. It grows with each request for a token: a long test makes some ten thousand.
#[derive(Default)]
pub(crate) struct Tokens {
    /// When each token ends, in milliseconds since 1970.
    ends_ms: HashMap<String, u64>,
    /// The ids of the assertions that were used.
    used: HashSet<String>,
    /// How many requests carried each token after its end.
    late: HashMap<String, u64>,
    /// When tokens were requested, and the HTTP status of the answer.
    asked: Vec<(u64, u16)>,
}

/// A status with a JSON body.
pub(crate) type Answer = (u16, Value);

impl Tokens {
    /// Answers a request for a portal token.
    pub fn portal(&mut self, accounts: &Accounts, body: &[u8], now_ms: u64) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let minutes = body["expires_in"].as_u64().unwrap_or(PORTAL_MINUTES_MAX);
        let answer = match &accounts.portal {
            _ if body["grant_type"] != "client_credentials" => {
                (400, json!({"message": "grant_type must be client_credentials"}))
            }
            _ if !(1..=PORTAL_MINUTES_MAX).contains(&minutes) => {
                (422, json!({"message": "expires_in must be between 1 and 60"}))
            }
            Some(portal)
                if body["client_id"] == portal.client_id.as_str()
                    && body["secret"] == portal.secret.as_str() =>
            {
                let ends_ms = now_ms + (minutes * 60_000).min(accounts.life_ms);
                let token = self.mint("bkpt_", ends_ms);
                let ends =
                    i64::try_from(ends_ms).ok().and_then(chrono::DateTime::from_timestamp_millis);
                let ends =
                    ends.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
                (200, json!({"token": token, "expires_at": ends}))
            }
            _ => (401, json!({"message": "Invalid client_id or secret"})),
        };
        self.asked.push((now_ms, answer.0));
        answer
    }

    /// Answers a request to exchange an assertion. `url` is the URL of the request, which the assertion has to name.
    pub fn exchange(
        &mut self,
        accounts: &Accounts,
        slug: &str,
        url: &str,
        body: &[u8],
        now_ms: u64,
    ) -> Answer {
        let form: HashMap<_, _> = form_urlencoded::parse(body).collect();
        let field = |name: &str| form.get(name).map_or("", |value| value.as_ref());
        let answer = match self.judge(accounts, slug, url, &field, now_ms) {
            Ok(()) => {
                let seconds = field("expires_in").parse().unwrap_or(EXCHANGE_SECONDS_MAX);
                let life_ms = (seconds.min(EXCHANGE_SECONDS_MAX) * 1_000).min(accounts.life_ms);
                let token = self.mint("bktx_", now_ms + life_ms);
                (
                    200,
                    json!({
                        "access_token": token,
                        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                        "token_type": "Bearer",
                        "expires_in": life_ms / 1_000,
                        "scope": field("scope"),
                    }),
                )
            }
            Err((error, description)) => {
                let status = if error == "invalid_client" { 401 } else { 400 };
                (status, json!({"error": error, "error_description": description}))
            }
        };
        self.asked.push((now_ms, answer.0));
        answer
    }

    fn judge<'a>(
        &mut self,
        accounts: &Accounts,
        slug: &str,
        url: &str,
        field: &impl Fn(&str) -> &'a str,
        now_ms: u64,
    ) -> Result<(), (&'static str, &'static str)> {
        if field("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange" {
            return Err(("unsupported_grant_type", "Unsupported grant type"));
        }
        if field("client_assertion_type")
            != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        {
            return Err(("invalid_request", "Unsupported client assertion type"));
        }
        let Some(Application { client_id, subject, key }) = &accounts.application else {
            return Err((
                "unsupported_grant_type",
                "Token exchange is not enabled for this organization",
            ));
        };
        let invalid = |why| ("invalid_client", why);
        let claims = claims(field("client_assertion"), key, now_ms).map_err(invalid)?;
        if claims["iss"] != client_id.as_str() || claims["sub"] != client_id.as_str() {
            return Err(invalid("Unknown client"));
        }
        if claims["aud"] != url {
            return Err(invalid("JWT `aud` claim is invalid"));
        }
        match claims["jti"].as_str() {
            Some(id) if !self.used.insert(id.to_owned()) => {
                return Err(invalid("JWT `jti` claim was already used"));
            }
            _ => {}
        }
        if field("audience") != slug {
            return Err(("invalid_target", "Invalid audience organization"));
        }
        let kind = if subject.contains('@') { "user-email" } else { "user-uuid" };
        let kind = format!("urn:buildkite:params:oauth:token-type:{kind}");
        if field("subject_token") != subject || field("subject_token_type") != kind {
            return Err((
                "invalid_request",
                "Subject user must be an active member of the organization",
            ));
        }
        if !["graphql", "read_audit_events"].contains(&field("scope")) {
            return Err(("invalid_scope", "Requested scopes exceed grantable scopes"));
        }
        Ok(())
    }

    /// Returns whether a token is accepted: it was minted and has not ended, or a public key's owner signed it.
    pub fn accepts(&mut self, accounts: &Accounts, token: &str, now_ms: u64) -> bool {
        match self.ends_ms.get(token) {
            Some(ends_ms) if now_ms < *ends_ms => true,
            Some(_) => {
                *self.late.entry(token.to_owned()).or_default() += 1;
                false
            }
            None => accounts.public_key.as_ref().is_some_and(|public| {
                claims(token, &public.key, now_ms)
                    .is_ok_and(|claims| claims["iss"] == public.token_uuid.as_str())
            }),
        }
    }

    /// Ends every token now, as revoking them does.
    pub fn revoke(&mut self) {
        self.ends_ms.values_mut().for_each(|ends_ms| *ends_ms = 0);
    }

    /// Returns when tokens were requested, and the status of each answer.
    pub fn asked(&self) -> Vec<(u64, u16)> {
        self.asked.clone()
    }

    /// Returns the largest number of requests that carried the same token after its end.
    pub fn late_max(&self) -> u64 {
        self.late.values().copied().max().unwrap_or(0)
    }

    /// Returns every token that was minted, for searching for them.
    pub fn all(&self) -> Vec<String> {
        self.ends_ms.keys().cloned().collect()
    }

    /// Mints a token.
    pub fn mint(&mut self, prefix: &str, ends_ms: u64) -> String {
        let token = format!("{prefix}{:032x}", rand::random::<u128>());
        self.ends_ms.insert(token.clone(), ends_ms);
        token
    }
}
