//! SIGINT and SIGTERM: the first asks to stop after the batch under way, the second stops at once.
//! They are heard on a thread of their own, so that nothing that blocks keeps the second one out.

use crate::exit::{Failure, Result};
use rustix::process::Signal;
use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

/// Exit code after a second signal: 128 + SIGINT, as shells say it.
const EXIT_NOW: i32 = 130;

/// How long the call under way may go on after the first signal.
const GRACE: Duration = Duration::from_secs(5);

/// Makes a write beyond the limit on the size of files (`ulimit -f`) fail like any other write, with
/// a message. Its signal would end the process without a word. Needs a runtime that is entered.
///
/// # Errors
///
/// [`Failure::Failed`] when the system refuses the handler.
pub fn survive_file_limit() -> Result<()> {
    // Nobody needs to hear of it: the handler stays when the listener is dropped.
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))
        .map(drop)
        .map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))
}

/// Says whether the process was asked to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Begins to listen for both signals.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the system refuses the handlers or the thread.
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
                // Nobody listens any more when the command has just ended.
                let _ = sender.send(true);
                // On another thread: standard error may be what blocks.
                std::thread::spawn(|| {
                    tracing::info!("stopping after this batch; a second signal stops at once");
                });
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(listen))
            .map_err(fail)?;
        Ok(Self(receiver))
    }

    /// Whether a signal came.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a signal comes.
    pub async fn wait(&mut self) {
        // The sender lives in a thread that ends with the process only.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Waits until a signal came and what was under way had its time to end.
    pub async fn is_overdue(&mut self) {
        self.wait().await;
        tokio::time::sleep(GRACE).await;
    }

    /// Waits so long, or until a signal comes.
    pub async fn sleep(&mut self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.wait() => {}
        }
    }

    /// Waits until then, or until a signal comes.
    pub async fn sleep_until(&mut self, end: Instant) {
        tokio::select! {
            () = tokio::time::sleep_until(end) => {}
            () = self.wait() => {}
        }
    }
}

/// SIGHUP: the output was moved away, as when logs are rotated. Where nobody listens for it, it ends
/// the process as usual.
#[derive(Debug)]
pub struct Hangup(Option<Signals>);

impl Hangup {
    /// Begins to listen; from now on SIGHUP ends nothing. Needs a runtime that is entered.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the system refuses the handler.
    pub fn on_signal() -> Result<Self> {
        let signals = signal(SignalKind::hangup())
            .map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))?;
        Ok(Self(Some(signals)))
    }

    /// Does not listen.
    pub fn none() -> Self {
        Self(None)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        let next = match &mut self.0 {
            Some(signals) => signals.recv().await,
            None => None,
        };
        if next.is_none() {
            std::future::pending().await
        }
    }

    /// Whether one came since the last was taken.
    pub fn has_come(&mut self) -> bool {
        let next = std::pin::pin!(self.next());
        let mut context = Context::from_waker(Waker::noop());
        next.poll(&mut context).is_ready()
    }
}
