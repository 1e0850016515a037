//! One instance of a component: its store, and the limits of each call to it.

use crate::guest::contract::CallError;
use crate::guest::fence::Fence;
use crate::guest::watchdog::Watchdog;
use crate::limits::Limits;
use std::future::Future;
use tokio::time::error::Elapsed;
use wasmtime::{Engine, Store, UpdateDeadline};

/// The data of a store, which contains what enforces the limits.
pub(crate) trait Fenced: Send + 'static {
    fn fence(&mut self) -> &mut Fence;
}

/// The result of a call that may have taken too long.
pub(crate) type Timed<T> = Result<wasmtime::Result<T>, Elapsed>;

/// One instance. A call goes through [`Instance::enter`], [`limited`] and [`Instance::leave`].
pub(crate) struct Instance<T: 'static> {
    pub(crate) store: Store<T>,
    pub(crate) limits: Limits,
    /// Limits the CPU time instead of an epoch's tick.
    pub(crate) watchdog: Option<Watchdog>,
    /// Set by the first trap or exceeded limit: wasmtime forbids entering such an instance again.
    gone: bool,
}

impl<T: Fenced> Instance<T> {
    /// Creates the store of an instance. `is_watched` says whether the engine cannot interrupt it.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Host`] if the system refuses the thread of the watchdog.
    pub(crate) fn new(
        engine: &Engine,
        state: T,
        limits: Limits,
        is_watched: bool,
    ) -> Result<Self, CallError> {
        let mut store = Store::new(engine, state);
        store.limiter(|state| state.fence());
        // What a guest returns is copied into the host's memory, once for each pointer to it.
        store.set_hostcall_fuel((limits.returned_mib << 20) as usize);
        store.epoch_deadline_callback(|mut context| {
            Ok(match context.data_mut().fence().tick() {
                true => UpdateDeadline::Yield(1),
                false => UpdateDeadline::Interrupt,
            })
        });
        store.set_epoch_deadline(1);
        let watchdog = is_watched.then(|| Watchdog::start(limits.cpu())).transpose();
        let watchdog = watchdog.map_err(|error| {
            CallError::Host(format!("start: cannot start the watchdog thread: {error}"))
        })?;
        Ok(Self { store, limits, watchdog, gone: false })
    }

    /// Prepares a call.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Host`] if the instance was stopped.
    pub(crate) fn enter(&mut self, call: &str) -> Result<(), CallError> {
        if self.gone {
            return Err(CallError::Host(format!("{call}: the instance was already stopped")));
        }
        self.store.data_mut().fence().ticks = 0;
        self.store.set_epoch_deadline(1);
        Ok(())
    }

    /// Returns the result of a call.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Host`] on a trap or an exceeded limit, which stops the instance.
    pub(crate) fn leave<R>(&mut self, call: &str, answer: Timed<R>) -> Result<R, CallError> {
        let why = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => self.store.data_mut().fence().cause(call, &error),
            Err(_) => {
                let seconds = self.limits.call_seconds;
                format!("{call}: the time limit of {seconds} s was exceeded")
            }
        };
        Err(self.stop(why))
    }

    /// Stops an instance that broke its contract.
    pub(crate) fn stop(&mut self, why: String) -> CallError {
        self.gone = true;
        CallError::Host(why)
    }
}

/// Limits the time of a call and, if there is a watchdog, its CPU time.
pub(crate) async fn limited<T>(
    limits: &Limits,
    watchdog: Option<&Watchdog>,
    name: &'static str,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Timed<T> {
    let call = async {
        match watchdog {
            Some(watchdog) => watchdog.time(name, call).await,
            None => call.await,
        }
    };
    tokio::time::timeout(limits.call(), call).await
}
