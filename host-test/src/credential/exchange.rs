//! OAuth token exchange: a signed assertion is exchanged for a short-lived token.
//! Source: buildkite.com/docs/apis/oauth-token-exchange, RFC 7523, RFC 8693.

use crate::credential::assertion::sign;
use crate::credential::key::Key;
use crate::credential::order::{Clocks, Grant, Order};
use crate::credential::stored::Stored;
use crate::credential::token::Token;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// Buildkite's token endpoint.
pub(crate) const URL: &str = "https://buildkite.com/oauth/token";

/// How long a token is requested for, in seconds. An application may allow less.
const SECONDS: u64 = 3_600;

/// The longest time for which an application can let tokens live.
const LIFE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// An application that may act as a user.
pub(crate) struct Exchange {
    /// The token endpoint.
    pub url: String,
    /// The application's id.
    pub client_id: String,
    /// The application's private key.
    pub key: Stored<Key>,
    /// Which of the application's keys it is, if it has several.
    pub key_id: Option<String>,
    /// The email address or UUID of the user.
    pub subject: String,
    /// The slug of the organization.
    pub audience: String,
}

impl Exchange {
    /// Returns the request for a token.
    ///
    /// # Errors
    ///
    /// Returns a message if the key cannot sign.
    pub fn order(&self, now: SystemTime) -> Result<Order, String> {
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.url,
            "jti": format!("{:032x}", rand::random::<u128>()),
        });
        let assertion = sign(&self.key.refreshed(), self.key_id.as_deref(), claims, now)?;
        let kind = if self.subject.contains('@') { "user-email" } else { "user-uuid" };
        let kind = format!("urn:buildkite:params:oauth:token-type:{kind}");
        let seconds = SECONDS.to_string();
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
            ("subject_token", &self.subject),
            ("subject_token_type", &kind),
            ("audience", &self.audience),
            ("scope", "graphql"),
            ("expires_in", &seconds),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Ok(Order {
            url: self.url.clone(),
            content_type: "application/x-www-form-urlencoded",
            body,
            secrets: vec![assertion],
            what: "a token from OAuth token exchange",
            remedy: "check that client_id is the application's, that its public key belongs to this \
                     private key, that it may grant the scope graphql, and that subject is a member \
                     of the organization",
            is_signed: true,
            read,
        })
    }
}

/// Reads `{"access_token": …, "expires_in": SECONDS}`.
fn read(answer: &Value, _: &Clocks) -> Result<Grant, &'static str> {
    let token = answer["access_token"].as_str().and_then(|token| Token::new(token).ok());
    let token = token.ok_or("without a valid access_token")?;
    let seconds = match &answer["expires_in"] {
        Value::Null => SECONDS,
        seconds => seconds.as_u64().ok_or("expires_in is not a number of seconds")?,
    };
    let life = Duration::from_secs(seconds);
    Ok(Grant { token, life: life.min(LIFE_MAX) })
}
