//! The server's listening socket and its handle.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::breach::Breach;
use crate::http::handle;
use crate::lock::lock;
use crate::options::{Options, PORTAL};
use crate::seen::Seen;
use crate::truth::Truth;
use crate::world::World;

/// How long a client may take to send its head. Far longer than a client on loopback needs.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after a failed `accept` (too many open files) instead of spinning.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A running fake Buildkite. Dropping it closes the socket and all connections.
pub struct FakeBuildkite {
    world: Arc<World>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl FakeBuildkite {
    /// Starts the server on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns an error if the socket cannot be opened, if [`Options::listen`] is not a loopback address,
    /// or if [`Options::query`] selects no events.
    pub async fn start(options: Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            // `/truth` and `/events` answer anyone.
            let message = "a fake Buildkite listens on loopback only; use 127.0.0.1 or ::1";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let world = World::new(options)
            .map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))?;
        let world = Arc::new(world);
        let task = tokio::spawn(accept(listener, Arc::clone(&world)));
        Ok(Self { world, address, task })
    }

    /// Returns the URL for GraphQL requests: `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the URL for the variables of the stored query:
    /// `http://127.0.0.1:PORT/organizations/SLUG/portals/audit-log`.
    #[must_use]
    pub fn portal(&self) -> String {
        let slug = &self.world.options.slug;
        format!("http://{}/organizations/{slug}/portals/{PORTAL}", self.address)
    }

    /// Returns the address of the socket.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the only accepted token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.world.options.token
    }

    /// Returns every event that is visible now, newest first. Each takes about 1 kB.
    #[must_use]
    pub fn truth(&self) -> Vec<Truth> {
        let keys = self.world.store().all();
        keys.into_iter().map(|key| self.world.shape.truth(&self.world.synth, key)).collect()
    }

    /// Returns the UUIDs of all events that are visible now, newest first.
    #[must_use]
    pub fn uuids(&self) -> Vec<String> {
        let uuid = |key: crate::key::Key| self.world.synth.uuid(key.index(), key.time_us);
        let keys = self.world.store().all();
        keys.into_iter().map(|key| uuid(key).to_string()).collect()
    }

    /// Adds events that are visible immediately, and returns their UUIDs. All of them occurred at `at_us`
    /// (microseconds since 1970) or, without it, in the current millisecond. A past time makes them late
    /// arrivals.
    pub fn add_events(&self, count: u64, at_us: Option<i64>) -> Vec<String> {
        self.world.add(count, at_us)
    }

    /// Mints a token that lives as long as [`Accounts::life_ms`](crate::Accounts::life_ms) says.
    #[must_use]
    pub fn mint(&self) -> String {
        let ends_ms = self.world.now_ms() + self.world.options.accounts.life_ms;
        lock(&self.world.tokens).mint("bkpt_", ends_ms)
    }

    /// Ends every minted token now, as revoking them does.
    pub fn revoke_minted(&self) {
        lock(&self.world.tokens).revoke();
    }

    /// Returns when tokens were requested, in milliseconds since 1970, and the HTTP status of each answer.
    #[must_use]
    pub fn token_requests(&self) -> Vec<(u64, u16)> {
        lock(&self.world.tokens).asked()
    }

    /// Returns the largest number of requests that carried the same minted token after its end.
    #[must_use]
    pub fn late_uses_max(&self) -> u64 {
        lock(&self.world.tokens).late_max()
    }

    /// Returns every token that was minted.
    #[must_use]
    pub fn minted(&self) -> Vec<String> {
        lock(&self.world.tokens).all()
    }

    /// Spends points of the organization, as other users and tools do.
    pub fn spend_elsewhere(&self, points: i64) {
        lock(&self.world.limiter).spend_elsewhere(points);
    }

    /// Returns the last 10,000 GraphQL requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.world.log).all()
    }

    /// Stops the server. Returns when the socket and all connections are closed.
    pub async fn stop(mut self) {
        self.task.abort();
        // The result is always the error of the abort.
        let _ = (&mut self.task).await;
    }
}

impl Drop for FakeBuildkite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, world: Arc<World>) {
    // Dropped with this task, and with it every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&world)));
                }
                Err(_) => tokio::time::sleep(ACCEPT_RETRY).await,
            },
            // Ended connections are dropped.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, world: Arc<World>) {
    // Small answers should not wait for the client's acknowledgment. If this fails, they are only
    // slower.
    let _ = stream.set_nodelay(true);
    // Boxed, because hyper moves it until the connection is returned.
    let service = service_fn(move |request| Box::pin(handle(Arc::clone(&world), request)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // An error means that the client went away, or that a fault was injected.
    if let Err(error) = poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        && let Some(breach) = Breach::of(&error)
    {
        breach.commit(connection.into_parts().io.inner_mut()).await;
    }
}
