//! A credential with the token that it holds now.

use crate::credential::exchange::URL;
use crate::credential::method::{Method, Step};
use crate::credential::order::{Grant, Order, Trouble};
use crate::credential::token::Token;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::MutexGuard;

/// A token is renewed this part of its life before it ends, but at most [`MARGIN_MAX`] before.
const MARGIN_PART: u32 = 20;

/// A minute is longer than a request takes. Buildkite's tokens live for an hour.
const MARGIN_MAX: Duration = Duration::from_secs(60);

/// For this time after a failed request for a token, those who waited get the same failure instead of another request.
const FAILURE_LASTS: Duration = Duration::from_secs(1);

/// Number of tokens that are kept out of texts after they were used. An answer may echo the previous one.
const KNOWN_MAX: usize = 3;

/// A credential. Cheap to clone; clones share their token.
#[derive(Clone)]
pub struct Credential(Arc<Inner>);

struct Inner {
    method: Method,
    lease: tokio::sync::Mutex<Lease>,
    /// The latest tokens, for hiding them.
    known: Mutex<VecDeque<Token>>,
}

#[derive(Default)]
struct Lease {
    held: Option<Held>,
    failed: Option<(Instant, Trouble)>,
}

struct Held {
    token: Token,
    renew_at: Instant,
    ends_at: Instant,
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
pub(crate) struct Turn<'a> {
    credential: &'a Inner,
    lease: MutexGuard<'a, Lease>,
}

/// What to do for a token.
pub(crate) enum Next {
    /// Use this one.
    Use(Token),
    /// Send this request, and report the outcome to the turn.
    Ask(Order),
}

impl Credential {
    pub(crate) fn new(method: Method) -> Self {
        let (lease, known) = (tokio::sync::Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { method, lease, known }))
    }

    /// Waits for the right to get or renew the token.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        Turn { credential: &self.0, lease: self.0.lease.lock().await }
    }

    /// Returns the token if it is one that the operator stored, for components that are given the token itself.
    pub(crate) fn stored(&self) -> Option<Token> {
        match &self.0.method {
            Method::Stored(token) => Some(token.current()),
            Method::Portal(_) | Method::Exchange(_) | Method::PublicKey(_) => None,
        }
    }

    /// Returns what no answer or message may contain: the latest tokens, and the secret of a portal.
    pub(crate) fn secrets(&self) -> Vec<Token> {
        let mut all: Vec<Token> = lock(&self.0.known).iter().cloned().collect();
        if let Method::Portal(portal) = &self.0.method {
            all.push(portal.secret.current());
        }
        all
    }

    /// Returns how it is renewed and, for a token that ends, in how many seconds it ends.
    pub(crate) async fn renewal(&self, now: Instant) -> (&'static str, Option<u64>) {
        let lease = self.0.lease.lock().await;
        let left = lease.held.as_ref().map(|held| held.ends_at.saturating_duration_since(now));
        (self.0.method.renewal(), left.map(|left| left.as_secs()))
    }

    /// Returns the URL that tokens are requested from, if the config names one that is not Buildkite's.
    pub(crate) fn other_url(&self) -> Option<&str> {
        match &self.0.method {
            Method::Exchange(exchange) if exchange.url != URL => Some(&exchange.url),
            _ => None,
        }
    }

    /// Returns whether tokens are requested.
    pub(crate) fn mints(&self) -> bool {
        self.0.method.mints()
    }
}

impl Turn<'_> {
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
        if let Some((at, trouble)) = &self.lease.failed
            && now.instant.saturating_duration_since(*at) < FAILURE_LASTS
        {
            return Err(trouble.clone());
        }
        match self.credential.method.step(now.time).map_err(Trouble::Refused)? {
            Step::Use(token) => Ok(Next::Use(self.used(token))),
            Step::Ask(order) => Ok(Next::Ask(order)),
        }
    }

    /// Takes the outcome of a request for a token that was sent at `sent`, and returns the token. If the old token has
    /// not ended yet, it stays in use when the new one could not be had.
    ///
    /// # Errors
    ///
    /// Returns why there is no token.
    pub fn asked(
        &mut self,
        outcome: Result<Grant, Trouble>,
        sent: Instant,
        now: Instant,
    ) -> Result<Token, Trouble> {
        match outcome {
            Ok(Grant { token, life }) => {
                let margin = (life / MARGIN_PART).min(MARGIN_MAX);
                let (renew_at, ends_at) = (sent + (life - margin), sent + life);
                self.lease.held = Some(Held { token: token.clone(), renew_at, ends_at });
                self.lease.failed = None;
                Ok(self.used(token))
            }
            Err(trouble) => {
                self.lease.failed = Some((now, trouble.clone()));
                match &mut self.lease.held {
                    Some(held) if now < held.ends_at => {
                        held.renew_at = (now + FAILURE_LASTS).min(held.ends_at);
                        Ok(held.token.clone())
                    }
                    _ => Err(trouble),
                }
            }
        }
    }

    /// Gives up a token that the remote refused. Returns whether another one may be had.
    pub fn refused(&mut self, token: &Token) -> bool {
        match &self.lease.held {
            // Someone else has renewed it already.
            Some(held) if held.token.exposed() != token.exposed() => true,
            _ => {
                self.lease.held = None;
                self.credential.method.has_another(token)
            }
        }
    }

    /// Remembers a token, so that it is kept out of texts.
    fn used(&self, token: Token) -> Token {
        let mut known = lock(&self.credential.known);
        if known.front().is_none_or(|first| first.exposed() != token.exposed()) {
            known.truncate(KNOWN_MAX - 1);
            known.push_front(token.clone());
        }
        token
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<Token> for Credential {
    fn from(token: Token) -> Self {
        use crate::credential::stored::Stored;
        Self::new(Method::Stored(Stored::fixed(token)))
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(hidden)")
    }
}
