//! How a connection ends before its time. A handler or a body fails with a [`Breach`]; the server, which owns
//! the socket, carries it out.

use std::error::Error;
use std::fmt;
use std::io;

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::answer::AnswerBody;

/// A wished-for end of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Breach {
    /// An orderly end (FIN).
    Close,
    /// A reset (RST).
    Reset,
    /// These bytes, then an orderly end.
    Raw(Vec<u8>),
}

impl Breach {
    /// The breach behind an error of hyper, if there is one.
    pub fn of(error: &hyper::Error) -> Option<&Self> {
        error.source()?.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
    }

    /// Does it.
    pub async fn commit(&self, stream: &mut TcpStream) {
        // A client that has gone already has what was to be shown to it.
        let _ = match self {
            Self::Close => Ok(()),
            Self::Reset => stream.set_zero_linger(),
            Self::Raw(bytes) => stream.write_all(bytes).await,
        };
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken off on purpose")
    }
}

impl Error for Breach {}

impl From<Breach> for io::Error {
    fn from(breach: Breach) -> Self {
        Self::other(breach)
    }
}

/// Breaks the body off half-way, while the head still promises all of it.
pub(crate) fn truncate(response: &mut Response<AnswerBody>) {
    cut(response, 2, Breach::Close);
}

/// Resets the connection after the head, which promises a body.
pub(crate) fn reset(response: &mut Response<AnswerBody>) {
    cut(response, 0, Breach::Reset);
}

/// Leaves of a body one part in so many, or nothing of it.
fn cut(response: &mut Response<AnswerBody>, parts: usize, how: Breach) {
    if let AnswerBody::Whole(Some(bytes)) = response.body() {
        let length = bytes.len();
        let start = length.checked_div(parts).map(|end| bytes.slice(..end));
        set_length(response, length as u64);
        *response.body_mut() = AnswerBody::Broken { start, flushed: false, how: Some(how) };
    }
}

/// Promises a body of so many bytes.
pub(crate) fn set_length(response: &mut Response<AnswerBody>, length: u64) {
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
}
