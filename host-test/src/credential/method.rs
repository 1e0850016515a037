//! Where the tokens of a credential come from.

use crate::credential::assertion;
use crate::credential::exchange::Exchange;
use crate::credential::key::Key;
use crate::credential::order::{Clocks, Order};
use crate::credential::portal::Portal;
use crate::credential::stored::Stored;
use crate::credential::token::Token;
use serde_json::json;
use std::time::SystemTime;

/// Where tokens come from.
pub(crate) enum Method {
    /// One that the operator stored.
    Stored(Stored<Token>),
    /// A portal mints one for its secret.
    Portal(Portal),
    /// Buildkite mints one for a signed assertion.
    Exchange(Exchange),
    /// Each request carries an assertion that was just signed.
    PublicKey(PublicKey),
}

/// An API access token with a public key instead of a secret value.
pub(crate) struct PublicKey {
    /// The UUID of the API access token.
    pub token_uuid: String,
    /// The private key.
    pub key: Stored<Key>,
}

/// What to do for a token.
pub(crate) enum Next {
    /// Use this one.
    Use(Token),
    /// Send this request, and report the outcome.
    Ask(Order),
}

impl Method {
    /// Returns the token for a request, or the request for a token.
    ///
    /// # Errors
    ///
    /// Returns a message if the private key cannot sign.
    pub fn next(&self, now: SystemTime) -> Result<Next, String> {
        Ok(match self {
            Self::Stored(token) => Next::Use(token.refreshed()),
            Self::Portal(portal) => Next::Ask(portal.order()),
            Self::Exchange(exchange) => Next::Ask(exchange.order(now)?),
            Self::PublicKey(credential) => Next::Use(credential.sign(now)?),
        })
    }

    /// Returns whether another token may be had instead of one that the remote refused.
    pub fn has_another(&self, refused: &Token) -> bool {
        match self {
            Self::Stored(token) => token.can_change() && token.reread() != *refused,
            Self::Portal(_) | Self::Exchange(_) => true,
            // It was signed for this request. Another one would say the same.
            Self::PublicKey(_) => false,
        }
    }

    /// Returns whether tokens are requested, and expire.
    pub fn mints(&self) -> bool {
        matches!(self, Self::Portal(_) | Self::Exchange(_))
    }

    /// Returns what the remote's refusal (HTTP 401) of a new token means, and what to do. Returns `None` for a token that the
    /// operator stored.
    pub fn refusal(&self, clocks: &Clocks) -> Option<String> {
        match self {
            Self::Stored(_) => None,
            Self::Portal(_) | Self::Exchange(_) => Some(format!(
                "{} was refused (HTTP 401), and so was the one before; check that it may read the \
                 audit log of this organization",
                self.name()
            )),
            Self::PublicKey(_) => {
                let clock = clocks.skew().map(|skew| format!("; {skew}")).unwrap_or_default();
                Some(format!(
                    "the signature of the request was refused (HTTP 401); check that token_uuid is \
                     that of the API access token, and that its public key belongs to this private \
                     key{clock}"
                ))
            }
        }
    }

    /// Returns what the credential is, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stored(token) if token.can_change() => {
                "a token from a file, which is read again when it changes"
            }
            Self::Stored(_) => "a token that is not renewed",
            Self::Portal(_) => "a portal token",
            Self::Exchange(_) => "a token from OAuth token exchange",
            Self::PublicKey(_) => "a private key that signs each request; it does not expire",
        }
    }
}

impl PublicKey {
    /// Signs the token for a request. Source: buildkite.com/docs/apis/managing-api-tokens.
    fn sign(&self, now: SystemTime) -> Result<Token, String> {
        let claims = json!({"iss": self.token_uuid});
        Token::new(&assertion::sign(&self.key.refreshed(), None, claims, now)?)
    }
}
