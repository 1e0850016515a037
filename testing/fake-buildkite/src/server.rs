//! The listening socket and its handle.

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
use crate::options::{Options, PORTAL};
use crate::seen::Seen;
use crate::truth::Truth;
use crate::world::{World, lock};

/// How long a client may take to send its head. Far longer than any on loopback needs.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after a failed `accept` (too many open files), so as not to spin.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A running pretend Buildkite. Dropping it closes the socket and all connections.
pub struct FakeBuildkite {
    world: Arc<World>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl FakeBuildkite {
    /// Starts to listen. Runs on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// When the socket cannot be opened, when [`Options::listen`] is not loopback, or when
    /// [`Options::query`] selects no events.
    pub async fn start(options: Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            // `/truth` and `/events` answer anyone.
            let message = "a pretend Buildkite listens on loopback only";
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

    /// Where GraphQL requests go: `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Where the variables of the stored query go: `http://127.0.0.1:PORT/organizations/SLUG/portals/audit-log`.
    #[must_use]
    pub fn portal(&self) -> String {
        let slug = &self.world.options.slug;
        format!("http://{}/organizations/{slug}/portals/{PORTAL}", self.address)
    }

    /// The address of the socket.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The only token that is accepted.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.world.options.token
    }

    /// Every event that is visible now, newest first. About 1 kB for each.
    #[must_use]
    pub fn truth(&self) -> Vec<Truth> {
        let keys = self.world.store().all();
        keys.into_iter().map(|key| self.world.shape.truth(&self.world.synth, key)).collect()
    }

    /// The uuids of every event that is visible now, newest first.
    #[must_use]
    pub fn uuids(&self) -> Vec<String> {
        let uuid = |key: crate::store::Key| self.world.synth.uuid(key.index(), key.time_us);
        let keys = self.world.store().all();
        keys.into_iter().map(|key| uuid(key).to_string()).collect()
    }

    /// Adds events which are visible at once. They occurred at `at_us` (microseconds since 1970)
    /// all together, or, without it, in the present millisecond. A past time makes late arrivals.
    /// Returns their uuids.
    pub fn add_events(&self, count: u64, at_us: Option<i64>) -> Vec<String> {
        self.world.add(count, at_us)
    }

    /// Spends points of the organization, as its other users and tools do.
    pub fn spend_elsewhere(&self, points: i64) {
        lock(&self.world.limiter).spend_elsewhere(points);
    }

    /// What was asked, oldest first: the last 10,000 requests for GraphQL.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.world.log).all()
    }

    /// Stops, and returns when the socket and all connections are closed.
    pub async fn stop(mut self) {
        self.task.abort();
        // It was told to end, so that it did not end by itself is no news.
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
            // Ended connections are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, world: Arc<World>) {
    // Small answers should not wait for the client's acknowledgement; without it they are just
    // slower.
    let _ = stream.set_nodelay(true);
    // Boxed, since hyper moves it until the connection is given back.
    let service = service_fn(move |request| Box::pin(handle(Arc::clone(&world), request)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // An error is the client's going away, or a fault that was asked for.
    if let Err(error) = poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        && let Some(breach) = Breach::of(&error)
    {
        breach.commit(connection.into_parts().io.inner_mut()).await;
    }
}
