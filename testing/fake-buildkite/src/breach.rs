//! Ends a connection early. A handler or a body fails with a [`Breach`]; the server, which owns the socket, carries it
//! out.

use std::error::Error;
use std::fmt;
use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

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
