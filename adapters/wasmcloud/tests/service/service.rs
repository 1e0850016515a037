//! One service, which runs for as long as the test lets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use wasmtime::Store;

use crate::engine::composed;
use crate::host::{Host, Pause};
use crate::world::{PATIENCE, POLL_MS};

/// Maximum number of consecutive short sleeps. A service with more never becomes idle.
const SLEEPS_MAX: usize = 1_000;

/// What a run did next.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Slept(u64),
    Gate,
    /// The service returned.
    Ended,
    /// The service trapped.
    Crashed,
}

pub struct Service {
    task: JoinHandle<wasmtime::Result<Result<(), ()>>>,
    paused: mpsc::UnboundedReceiver<Pause>,
    held: Option<(u64, oneshot::Sender<()>)>,
    has_ended: bool,
    clock_ms: Arc<AtomicU64>,
}

impl Service {
    /// Runs the service. `paused` reports its pauses, and its sleeps advance `clock_ms`.
    pub async fn start(
        mut store: Store<Host>,
        paused: mpsc::UnboundedReceiver<Pause>,
        clock_ms: Arc<AtomicU64>,
        is_transformed: bool,
    ) -> Self {
        let guest = composed(is_transformed).instantiate_async(&mut store).await.unwrap();
        let task = tokio::spawn(async move { guest.wasi_cli_run().call_run(&mut store).await });
        Self { task, paused, held: None, has_ended: false, clock_ms }
    }

    /// Lets the service continue until it sleeps, waits at a gate or ends.
    pub async fn next(&mut self) -> Seen {
        if let Some((ms, resume)) = self.held.take() {
            self.clock_ms.fetch_add(ms, Ordering::Relaxed);
            let _ = resume.send(());
        }
        let next = async {
            match self.paused.recv().await {
                Some(Pause::Slept(ms, resume)) => {
                    self.held = Some((ms, resume));
                    Seen::Slept(ms)
                }
                Some(Pause::Gate(resume)) => {
                    self.held = Some((0, resume));
                    Seen::Gate
                }
                None => {
                    let ended = (&mut self.task).await.unwrap();
                    self.has_ended = true;
                    if ended.is_ok() { Seen::Ended } else { Seen::Crashed }
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("the service neither sleeps nor ends")
    }

    /// Continues through shorter sleeps until everything is read or the service ends.
    pub async fn until_idle(&mut self) -> Seen {
        for _ in 0..SLEEPS_MAX {
            match self.next().await {
                Seen::Slept(ms) if ms != POLL_MS => {}
                seen => return seen,
            }
        }
        panic!("the service never becomes idle");
    }

    /// Stops the service immediately, as a killed engine would.
    pub async fn kill(self) {
        if !self.has_ended {
            self.task.abort();
            let _ = self.task.await;
        }
    }
}
