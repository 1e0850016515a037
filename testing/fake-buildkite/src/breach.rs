//! Ends a connection early. A handler or a body fails with a [`Breach`]; the server, which owns the socket, carries it
//! out.

use std::error::Error;
use std::fmt;
use std::io;

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::answer::AnswerBody;

/// A requested way to end a connection.
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
    /// Returns the breach behind a hyper error, if there is one.
    pub fn of(error: &hyper::Error) -> Option<&Self> {
        error.source()?.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
    }

    /// Carries out the breach.
    pub async fn commit(&self, stream: &mut TcpStream) {
        // A failure means that the client has already closed the connection, which is fine.
        let _ = match self {
            Self::Close => Ok(()),
            Self::Reset => stream.set_zero_linger(),
            Self::Raw(bytes) => stream.write_all(bytes).await,
        };
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("injected connection failure")
    }
}

impl Error for Breach {}

impl From<Breach> for io::Error {
    fn from(breach: Breach) -> Self {
        Self::other(breach)
    }
}

/// Breaks off the body halfway, while the head still announces all of it.
pub(crate) fn truncate(response: &mut Response<AnswerBody>) {
    cut(response, 2, Breach::Close);
}

/// Resets the connection after the head, which announces a body.
pub(crate) fn reset(response: &mut Response<AnswerBody>) {
    cut(response, 0, Breach::Reset);
}

/// Keeps the first of `parts` equal parts of a body, or nothing if `parts` is 0.
fn cut(response: &mut Response<AnswerBody>, parts: usize, how: Breach) {
    if let AnswerBody::Whole(Some(bytes)) = response.body() {
        let length = bytes.len();
        let start = length.checked_div(parts).map(|end| bytes.slice(..end));
        set_length(response, length as u64);
        *response.body_mut() = AnswerBody::Broken { start, flushed: false, how: Some(how) };
    }
}

/// Announces a body of `length` bytes.
pub(crate) fn set_length(response: &mut Response<AnswerBody>, length: u64) {
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
}
