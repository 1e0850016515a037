//! An HTTP proxy that behaves as a test specifies.

use host_kit::World;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the proxy does with CONNECT.
#[derive(Clone, Copy)]
pub enum Manner {
    /// Opens a tunnel to this port on loopback, whatever the host.
    Tunnel(u16),
    /// Sends this answer and closes.
    Says(&'static [u8]),
}

pub struct Proxy {
    pub port: u16,
    /// The heads of the requests so far.
    pub heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start(world: &World, manner: Manner) -> Self {
        Self::with(world, manner, None)
    }

    /// Starts a proxy. With an acceptor it speaks TLS itself.
    pub fn with(world: &World, manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heads);
        world.runtime.spawn(async move {
            // Ends with the runtime.
            while let Ok((stream, _)) = listener.accept().await {
                let (log, tls) = (Arc::clone(&log), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, manner, &log).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, manner, &log).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, heads }
    }
}

async fn serve<S>(mut stream: S, manner: Manner, log: &Mutex<Vec<String>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    log.lock().unwrap().push(String::from_utf8(head).unwrap());
    match manner {
        Manner::Says(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
        Manner::Tunnel(port) => {
            let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut target).await;
        }
    }
}
