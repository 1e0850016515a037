//! SIGINT and SIGTERM: the first asks to stop after the batch under way, the second stops at once.

use crate::exit::{Failure, Result};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Exit code after a second signal: 128 + SIGINT, as shells say it.
const EXIT_NOW: i32 = 130;

/// Says whether the process was asked to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Begins to listen for both signals.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the system refuses the handlers.
    pub fn on_signals() -> Result<Self> {
        let fail = |error| Failure::Failed(format!("cannot listen for signals: {error}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(fail)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(fail)?;
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            // Two rounds: the second one ends the process.
            for round in 0..2 {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if round == 0 {
                    tracing::info!("stopping after this batch; a second signal stops at once");
                    // Nobody listens any more when the command has just ended.
                    let _ = sender.send(true);
                } else {
                    std::process::exit(EXIT_NOW);
                }
            }
        });
        Ok(Self(receiver))
    }

    /// Whether a signal came.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a signal comes.
    pub async fn wait(&mut self) {
        // The sender lives in a task that ends with the process only.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Waits so long, or until a signal comes.
    pub async fn sleep(&mut self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.wait() => {}
        }
    }
}
