//! Ephemeral portal tokens. Source: buildkite.com/docs/apis/graphql/portals/ephemeral-portal-tokens.

use crate::credential::order::{self, Clocks, Grant, Order};
use crate::credential::stored::Stored;
use crate::credential::token::Token;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a token is requested for: the maximum.
const MINUTES: u64 = 60;

/// A portal and one of its secrets.
pub(crate) struct Portal {
    /// The URL of the portal.
    pub url: String,
    /// The portal's UUID.
    pub client_id: String,
    /// A secret of the portal, as text that looks like a token.
    pub secret: Stored<Token>,
}

impl Portal {
    /// Returns the request for a token.
    pub fn order(&self) -> Order {
        let secret = self.secret.refreshed();
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "secret": secret.exposed(),
            "expires_in": MINUTES,
        });
        Order {
            url: format!("{}/tokens", self.url),
            content_type: "application/json",
            body: body.to_string(),
            secrets: vec![secret.exposed().to_owned()],
            what: "a portal token",
            remedy: "check endpoint, client_id and secret, or create a new secret on the portal's \
                     Security tab",
            is_signed: false,
            read,
        }
    }
}

/// Reads `{"token": …, "expires_at": …}`.
fn read(answer: &Value, clocks: &Clocks) -> Result<Grant, &'static str> {
    let token = answer["token"].as_str().and_then(|token| Token::new(token).ok());
    let token = token.ok_or("without a valid token")?;
    let most = Duration::from_secs(MINUTES * 60);
    // Without an expiry, it lives as long as requested.
    let end = match &answer["expires_at"] {
        Value::Null => None,
        end => {
            let end = end.as_str().and_then(order::end);
            Some(end.ok_or("expires_at is not an RFC 3339 time")?)
        }
    };
    // By the remote's clock, since the clock here may be wrong.
    let life = end.map_or(most, |end| {
        end.duration_since(clocks.remote.unwrap_or(clocks.here)).unwrap_or_default()
    });
    Ok(Grant { token, life: life.min(most) })
}
