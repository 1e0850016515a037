//! Response bodies that a test supplies instead of a network.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use host_test::egress::hook::{HttpError, WasiBody};
use http_body::{Body, Frame};
use http_body_util::BodyExt;

/// The body of a scripted response.
#[derive(Debug, Clone)]
pub enum ScriptedBody {
    /// A complete body.
    Whole(Bytes),
    /// The beginning of a body, after which the connection breaks.
    Cut(Bytes),
}

impl From<ScriptedBody> for WasiBody {
    fn from(body: ScriptedBody) -> Self {
        Scripted { body: Some(body) }.boxed_unsync()
    }
}

/// Plays a [`ScriptedBody`].
struct Scripted {
    body: Option<ScriptedBody>,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Poll::Ready(match self.body.take() {
            None => None,
            Some(ScriptedBody::Whole(bytes)) if bytes.is_empty() => None,
            Some(ScriptedBody::Whole(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(ScriptedBody::Cut(bytes)) if bytes.is_empty() => {
                Some(Err(HttpError::HttpResponseIncomplete))
            }
            Some(ScriptedBody::Cut(bytes)) => {
                self.body = Some(ScriptedBody::Cut(Bytes::new()));
                Some(Ok(Frame::data(bytes)))
            }
        })
    }
}
