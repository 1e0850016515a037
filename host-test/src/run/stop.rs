//! SIGINT and SIGTERM: the first asks to stop after the batch in progress, the second stops at
//! once. A separate thread receives them, so that the second one works even if something blocks.

use crate::exit::{Failure, Result};
use rustix::process::Signal;
use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

/// Exit code after a second signal: 128 + SIGINT, as in shells.
const EXIT_NOW: i32 = 130;

/// How long the call in progress may continue after the first signal.
const GRACE: Duration = Duration::from_secs(5);

/// Makes a write beyond the file-size limit (`ulimit -f`) fail like any other write, with a
/// message. By default, SIGXFSZ ends the process without one. Call this within a runtime.
///
/// # Errors
///
/// Returns [`Failure::Failed`] if the system refuses the handler.
pub fn survive_file_limit() -> Result<()> {
    // The handler stays installed when the listener is dropped.
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))
        .map(drop)
        .map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))
}

/// Tells whether a signal has asked the process to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Starts to listen for both signals.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if the system refuses the handlers or the thread.
    pub fn on_signals() -> Result<Self> {
        let fail = |error| Failure::Failed(format!("cannot listen for signals: {error}"));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fail)?;
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (
                signal(SignalKind::interrupt()).map_err(fail)?,
                signal(SignalKind::terminate()).map_err(fail)?,
            )
        };
        let (sender, receiver) = watch::channel(false);
        let listen = async move {
            // Two rounds: the second one ends the process.
            for round in 0..2 {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if round > 0 {
                    std::process::exit(EXIT_NOW);
                }
                // This fails only if the command has just ended.
                let _ = sender.send(true);
                // On another thread, because standard error may be what blocks.
                std::thread::spawn(|| {
                    tracing::info!(
                        "stopping after the work in progress; a second signal stops at once"
                    );
                });
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(listen))
            .map_err(fail)?;
        Ok(Self(receiver))
    }

    /// Returns whether a signal has arrived.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a signal arrives.
    pub async fn wait(&mut self) {
        // The sender's thread ends only with the process.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Waits until a signal has arrived and the grace period is over.
    pub async fn is_overdue(&mut self) {
        self.wait().await;
        tokio::time::sleep(GRACE).await;
    }

    /// Waits for this time, or until a signal arrives.
    pub async fn sleep(&mut self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.wait() => {}
        }
    }

    /// Waits until this instant, or until a signal arrives.
    pub async fn sleep_until(&mut self, end: Instant) {
        tokio::select! {
            () = tokio::time::sleep_until(end) => {}
            () = self.wait() => {}
        }
    }
}

/// SIGHUP: the output was moved away, for example by log rotation. It ends a command that does not
/// listen for it, as usual.
#[derive(Debug)]
pub struct Hangup(Option<Signals>);

impl Hangup {
    /// Starts to listen. From now on, SIGHUP does not end the process. Call this within a runtime.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if the system refuses the handler.
    pub fn on_signal() -> Result<Self> {
        let signals = signal(SignalKind::hangup())
            .map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))?;
        Ok(Self(Some(signals)))
    }

    /// Returns a `Hangup` that does not listen.
    pub fn none() -> Self {
        Self(None)
    }

    /// Waits for the next SIGHUP.
    pub async fn next(&mut self) {
        let next = match &mut self.0 {
            Some(signals) => signals.recv().await,
            None => None,
        };
        if next.is_none() {
            std::future::pending().await
        }
    }

    /// Returns whether a SIGHUP has arrived since the last call.
    pub fn has_come(&mut self) -> bool {
        let next = std::pin::pin!(self.next());
        let mut context = Context::from_waker(Waker::noop());
        next.poll(&mut context).is_ready()
    }
}
