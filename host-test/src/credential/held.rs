//! A credential with the token that it holds now.

use crate::credential::exchange::URL;
use crate::credential::method::{Method, Next};
use crate::credential::order::{FAILURE_LASTS, Grant, Trouble};
use crate::credential::stored::Stored;
use crate::credential::token::Token;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::OwnedMutexGuard;

/// A token is renewed when once to twice this part of its life is left, but at most twice [`MARGIN_MAX`]. The spread keeps
/// thousands of tenants that started together from renewing their tokens in the same second.
const MARGIN_PART: u32 = 10;

/// A minute is longer than a request takes. Buildkite's tokens live for an hour.
const MARGIN_MAX: Duration = Duration::from_secs(60);

/// A token that the remote refused in the first half of its life is replaced at most once in this time: a guest could
/// provoke refusals in a loop.
const GIVE_UP_EVERY: Duration = Duration::from_secs(30);

/// Number of tokens that are kept out of texts after they were used. An answer may echo the previous one.
const KNOWN_MAX: usize = 3;

/// A credential. Cheap to clone; clones share their token.
#[derive(Clone)]
pub struct Credential(Arc<Inner>);

struct Inner {
    method: Method,
    lease: Arc<tokio::sync::Mutex<Lease>>,
    /// The latest tokens, for hiding them.
    known: Mutex<VecDeque<Token>>,
}

#[derive(Default)]
struct Lease {
    held: Option<Held>,
    /// A failure, and until when it lasts.
    failed: Option<(Instant, Trouble)>,
    gave_up_at: Option<Instant>,
}

struct Held {
    token: Token,
    half_at: Instant,
    renew_at: Instant,
    expires_at: Instant,
}

/// The time by both clocks of this machine.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// For measuring durations.
    pub instant: Instant,
    /// For telling the time to others.
    pub time: SystemTime,
}

/// The right to get or renew the token. One at a time has it, and the others wait for the outcome.
pub(crate) struct Turn {
    credential: Credential,
    lease: OwnedMutexGuard<Lease>,
}

impl Credential {
    pub(crate) fn new(method: Method) -> Self {
        let (lease, known) = (Arc::default(), Mutex::default());
        Self(Arc::new(Inner { method, lease, known }))
    }

    /// Waits for the right to get or renew the token.
    pub(crate) async fn turn(&self) -> Turn {
        let lease = Arc::clone(&self.0.lease).lock_owned().await;
        Turn { credential: self.clone(), lease }
    }

    /// Returns where tokens come from.
    pub(crate) fn method(&self) -> &Method {
        &self.0.method
    }

    /// Returns the token if it is one that the operator stored, for components that are given the token itself.
    pub(crate) fn plain_token(&self) -> Option<Token> {
        match &self.0.method {
            Method::Stored(token) => Some(token.refreshed()),
            Method::Portal(_) | Method::Exchange(_) | Method::PublicKey(_) => None,
        }
    }

    /// Returns what no answer or message may contain: the latest tokens, and what the operator stored.
    pub(crate) fn secrets(&self) -> Vec<Token> {
        let mut all: Vec<Token> = self.known().iter().cloned().collect();
        match &self.0.method {
            Method::Stored(token) => add(&mut all, token.held()),
            Method::Portal(portal) => add(&mut all, portal.secret.held()),
            Method::Exchange(_) | Method::PublicKey(_) => {}
        }
        all
    }

    /// Returns the URL that tokens are requested from, if that is not the endpoint's own origin, and whether the
    /// config names it.
    pub(crate) fn token_url(&self) -> Option<(&str, bool)> {
        match &self.0.method {
            Method::Exchange(exchange) => Some((&exchange.url, exchange.url != URL)),
            Method::Stored(_) | Method::Portal(_) | Method::PublicKey(_) => None,
        }
    }

    /// Returns in how many seconds the token expires, if it was requested.
    pub(crate) async fn left(&self, now: Instant) -> Option<u64> {
        let lease = self.0.lease.lock().await;
        let held = lease.held.as_ref()?;
        Some(held.expires_at.saturating_duration_since(now).as_secs())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, VecDeque<Token>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Returns the token for a request, or the request for a token.
    ///
    /// # Errors
    ///
    /// Returns the failure of the last request for a token, if it is recent, or why none can be made.
    pub fn next(&self, now: Moment) -> Result<Next, Trouble> {
        if let Some(held) = &self.lease.held
            && now.instant < held.renew_at
        {
            return Ok(Next::Use(held.token.clone()));
        }
        if let Some((until, trouble)) = &self.lease.failed
            && now.instant < *until
        {
            return Err(trouble.clone());
        }
        let next = self.credential.method().next(now.time).map_err(Trouble::Refused)?;
        if let Next::Use(token) = &next {
            self.remember(token);
        }
        Ok(next)
    }

    /// Takes the outcome of a request for a token that was sent at `sent`, and returns the token to use. If the request
    /// failed and the old token has not expired yet, that is the old one.
    ///
    /// # Errors
    ///
    /// Returns the failure if the old token has expired.
    pub fn asked(
        &mut self,
        outcome: Result<Grant, Trouble>,
        sent: Instant,
        now: Instant,
    ) -> Result<Token, Trouble> {
        match outcome {
            Ok(Grant { token, life }) => {
                let margin = (life / MARGIN_PART).min(MARGIN_MAX);
                let margin = margin + margin * spread(&token) / 256;
                let (renew_at, expires_at) = (sent + (life - margin), sent + life);
                self.remember(&token);
                let half_at = sent + life / 2;
                let held = Held { token: token.clone(), half_at, renew_at, expires_at };
                self.lease.held = Some(held);
                self.lease.failed = None;
                Ok(token)
            }
            Err(trouble) => {
                let wait = match &trouble {
                    Trouble::Transient(_, wait) => *wait,
                    Trouble::Refused(_) | Trouble::Denied(_) => FAILURE_LASTS,
                };
                self.lease.failed = Some((now + wait, trouble.clone()));
                match &mut self.lease.held {
                    Some(held) if now < held.expires_at => {
                        held.renew_at = (now + wait).min(held.expires_at);
                        Ok(held.token.clone())
                    }
                    _ => Err(trouble),
                }
            }
        }
    }

    /// Gives up a token that the remote refused. Returns whether there may be another one.
    pub fn give_up(&mut self, token: &Token, now: Instant) -> bool {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < GIVE_UP_EVERY;
        match &self.lease.held {
            // Someone else has renewed it already.
            Some(held) if held.token != *token => return true,
            Some(held) if now < held.half_at && self.lease.gave_up_at.is_some_and(is_recent) => {
                return false;
            }
            _ => {}
        }
        self.lease.gave_up_at = Some(now);
        self.lease.held = None;
        self.credential.method().has_another(token)
    }

    /// Forgets a token that the remote refused although it was new.
    pub fn forget(&mut self, token: &Token) {
        self.lease.held.take_if(|held| held.token == *token);
    }

    /// Remembers a token, so that it is kept out of texts.
    fn remember(&self, token: &Token) {
        let mut known = self.credential.known();
        if !known.contains(token) {
            known.truncate(KNOWN_MAX - 1);
            known.push_front(token.clone());
        }
    }
}

/// Returns a number below 256 that differs from token to token.
fn spread(token: &Token) -> u32 {
    token
        .exposed()
        .bytes()
        .fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
        & 255
}

/// Adds a token that is not there yet.
pub(crate) fn add(all: &mut Vec<Token>, token: Token) {
    if !all.contains(&token) {
        all.push(token);
    }
}

impl From<Token> for Credential {
    fn from(token: Token) -> Self {
        Self::new(Method::Stored(Stored::fixed(token)))
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(hidden)")
    }
}

#[cfg(test)]
mod tests;
