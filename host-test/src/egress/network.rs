//! Access to the network: each request carries a token, which is requested and renewed as needed.
#![allow(clippy::disallowed_methods, reason = "tokens expire")]

use crate::credential::held::{Credential, Moment};
use crate::credential::method::Next;
use crate::credential::order::{Clocks, FAILURE_LASTS, Trouble};
use crate::credential::token::Token;
use crate::egress::failures::{Cause, Failed};
use crate::egress::issuer::ask;
use crate::egress::origin::Origin;
use crate::egress::outbound::Outbound;
use crate::egress::resolve::Lookup;
use crate::egress::transport::Transport;
use crate::egress::waits::Waits;
use crate::exit::Result;
use crate::limits::Limits;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};
use wasmtime_wasi_http::Error as HttpError;

/// The body of an answer. It is empty if the host answers instead of the remote.
pub(crate) type AnswerBody = Either<Incoming, Empty<Bytes>>;

/// An answer or a failure, and what the operator should know about it.
type Exchanged =
    std::result::Result<(Response<AnswerBody>, Option<Cause>), (HttpError, Option<Cause>)>;

/// Access to the allowed origins, for one tenant. Cheap to clone; clones share connections and token.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    transport: Transport,
    credential: Option<Credential>,
    /// How requests for tokens leave.
    outbound: Outbound,
    limits: Limits,
    /// Why the last request failed, for the operator: the errors of `wasi:http`, which the guest
    /// sees, cannot hold it.
    cause: Mutex<Option<Cause>>,
}

impl Network {
    /// Creates access to these origins. Requests carry `token`, and `lookup` resolves names.
    ///
    /// # Errors
    ///
    /// Same as [`Network::through`].
    pub fn new(
        origins: Vec<Origin>,
        token: Option<Token>,
        lookup: Lookup,
        limits: &Limits,
    ) -> Result<Self> {
        let credential = token.map(Credential::from);
        Self::through(origins, credential, &Outbound::direct(lookup), limits)
    }

    /// Creates access to these origins as the operator configured it. Requests carry a token of `credential`.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`](crate::exit::Failure::Refused) if certificates or the proxy's URL are not usable,
    /// and [`Failure::Failed`](crate::exit::Failure::Failed) if TLS cannot be set up.
    pub fn through(
        origins: Vec<Origin>,
        credential: Option<Credential>,
        outbound: &Outbound,
        limits: &Limits,
    ) -> Result<Self> {
        let transport = Transport::new(origins, outbound, limits)?;
        let (outbound, limits) = (outbound.clone(), *limits);
        let cause = Mutex::default();
        Ok(Self(Arc::new(Inner { transport, credential, outbound, limits, cause })))
    }

    /// Returns whether a request was denied because of its destination.
    pub fn has_denied(&self) -> bool {
        self.0.transport.has_denied()
    }

    /// Logs a warning about a guest's request, if there were not too many of them.
    pub(crate) fn warn(&self, what: &str) {
        self.0.transport.warn(what);
    }

    /// Returns the credential of the requests.
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.0.credential.as_ref()
    }

    /// Returns what no answer or message may contain.
    pub(crate) fn secrets(&self) -> Vec<Token> {
        self.credential().map(Credential::secrets).unwrap_or_default()
    }

    /// Takes the reason why the last request failed, if it failed and the guest cannot know the
    /// reason.
    pub(crate) fn take_cause(&self) -> Option<Cause> {
        self.0.cause.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        waits: Waits,
    ) -> std::result::Result<Response<AnswerBody>, HttpError> {
        let (answer, cause) = match self.exchange(request, waits).await {
            Ok((response, cause)) => (Ok(response), cause),
            Err((code, cause)) => (Err(code), cause),
        };
        *self.0.cause.lock().unwrap_or_else(PoisonError::into_inner) = cause;
        answer
    }

    /// Sends a request with a token. If the remote refuses the token and another one may be had, it tries that one.
    async fn exchange(&self, request: Request<Bytes>, waits: Waits) -> Exchanged {
        let transport = &self.0.transport;
        let failed = |(code, cause): Failed| (code, cause.map(Cause::Also));
        // A request that is denied needs no token.
        let credential = self.credential().filter(|_| transport.allows(request.uri()));
        let Some(credential) = credential else {
            let response = transport.send(request, waits).await.map_err(failed)?;
            return Ok((response.map(Either::Left), None));
        };
        let first = match self.token(credential, None).await {
            Ok(token) => token,
            Err(trouble) => return self.refusal(trouble),
        };
        let response =
            transport.send(with(request.clone(), &first), waits).await.map_err(failed)?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok((marked(response, &[first]), None));
        }
        let second = match self.token(credential, Some(&first)).await {
            Ok(second) => second,
            Err(trouble) => return self.refusal(trouble),
        };
        if second == first {
            let clocks = Clocks::of(response.headers(), SystemTime::now());
            let why = credential.method().refusal(&clocks).map(Cause::Instead);
            return Ok((marked(response, &[first]), why));
        }
        let response = transport.send(with(request, &second), waits).await.map_err(failed)?;
        let mut cause = None;
        if response.status() == StatusCode::UNAUTHORIZED {
            credential.turn().await.forget(&second);
            let clocks = Clocks::of(response.headers(), SystemTime::now());
            cause = credential.method().refusal(&clocks).map(Cause::Instead);
        }
        Ok((marked(response, &[first, second]), cause))
    }

    /// Returns a token. `refused` is one that the remote refused. It is returned again if it cannot be replaced.
    async fn token(
        &self,
        credential: &Credential,
        refused: Option<&Token>,
    ) -> std::result::Result<Token, Trouble> {
        let mut turn = credential.turn().await;
        if let Some(refused) = refused
            && !turn.give_up(refused, Instant::now())
        {
            return Ok(refused.clone());
        }
        let order = match turn.next(now())? {
            Next::Use(token) => return Ok(token),
            Next::Ask(order) => order,
        };
        let network = self.clone();
        // On its own, so that its outcome is kept even if the guest drops the request that waits for it.
        let asking = tokio::spawn(async move {
            let sent = Instant::now();
            let outcome = ask(&order, &network.0.outbound, &network.0.limits).await;
            turn.asked(outcome, sent, Instant::now())
        });
        asking.await.unwrap_or_else(|_| {
            let why = "the request for a token ended unexpectedly".to_owned();
            Err(Trouble::Transient(why, FAILURE_LASTS))
        })
    }

    /// Returns what the guest sees without a token: an answer that refuses it, or a failure of the network.
    fn refusal(&self, trouble: Trouble) -> Exchanged {
        match trouble {
            Trouble::Refused(why) => {
                let mut response = Response::new(Either::Right(Empty::new()));
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                Ok((response, Some(Cause::Instead(why))))
            }
            Trouble::Denied(why) => {
                self.0.transport.deny();
                Err((HttpError::DestinationIpProhibited, Some(Cause::Instead(why))))
            }
            Trouble::Transient(why, _) => {
                Err((HttpError::ConnectionTerminated, Some(Cause::Instead(why))))
            }
        }
    }
}

fn now() -> Moment {
    Moment { instant: Instant::now(), time: SystemTime::now() }
}

fn with(mut request: Request<Bytes>, token: &Token) -> Request<Bytes> {
    request.headers_mut().insert(header::AUTHORIZATION, token.authorization());
    request
}

/// The tokens that a request carried, which its answer must not show.
#[derive(Clone)]
pub(crate) struct Carried(pub Vec<Token>);

/// Returns an answer that knows which tokens its request carried.
fn marked(response: Response<Incoming>, tokens: &[Token]) -> Response<AnswerBody> {
    let mut response = response.map(Either::Left);
    response.extensions_mut().insert(Carried(tokens.to_vec()));
    response
}
