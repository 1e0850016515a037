//! One running instance of a source: typed calls, each within limits on memory, CPU and time.

use crate::egress::hook::{Egress, Hooks};
use crate::egress::network::Network;
use crate::guest::clock::Clock;
use crate::guest::component::Plugin;
pub use crate::guest::contract::{
    Batch, CallError, Configuration, Descriptor, Error, Event, FieldError, Finding, Next, Outcome,
    Secret, SourceError, Stats, bindings,
};
use crate::guest::fence::Fence;
use crate::guest::host_state::HostState;
use crate::guest::redact::{Texts, hide};
use crate::guest::watchdog::Watchdog;
pub use crate::limits::Limits;
use std::future::Future;
use tokio::time::error::Elapsed;
use wasmtime::component::ResourceTable;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi_http::WasiHttpCtx;

/// Maximum size of a checkpoint, in bytes. Those of the bundled component take at most 2 MiB.
pub(crate) const CHECKPOINT_BYTES_MAX: usize = 4 << 20;

/// A running instance.
pub struct Source {
    store: Store<HostState>,
    guest: bindings::SourcePlugin,
    limits: Limits,
    /// Limits the CPU time instead of an epoch's tick.
    watchdog: Option<Watchdog>,
    /// Set by the first trap or exceeded limit: wasmtime forbids entering such an instance again.
    gone: bool,
    network: Option<Network>,
}

impl Source {
    /// Instantiates a component. `clock` replaces the real clocks, if it is given.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Host`] if it exceeds a limit or traps when it starts.
    pub async fn start(
        plugin: &Plugin,
        egress: Egress,
        limits: Limits,
        clock: Option<Clock>,
    ) -> Result<Self, CallError> {
        let mut wasi = WasiCtx::builder();
        if let Some(clock) = clock {
            wasi.wall_clock(clock.clone()).monotonic_clock(clock);
        }
        let network = egress.network().cloned();
        let state = HostState {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(egress, &limits),
            fence: Fence::new(limits),
        };
        let mut store = Store::new(&plugin.engine, state);
        store.limiter(|state| &mut state.fence);
        // What a guest returns is copied into the host's memory, once for each pointer to it.
        store.set_hostcall_fuel((limits.returned_mib << 20) as usize);
        store.epoch_deadline_callback(|mut context| {
            Ok(match context.data_mut().fence.tick() {
                true => UpdateDeadline::Yield(1),
                false => UpdateDeadline::Interrupt,
            })
        });
        store.set_epoch_deadline(1);
        let watchdog = plugin.is_watched.then(|| Watchdog::start(limits.cpu())).transpose();
        let watchdog = watchdog.map_err(|error| {
            CallError::Host(format!("start: cannot start the watchdog thread: {error}"))
        })?;
        let start = plugin.pre.instantiate_async(&mut store);
        match limit(&limits, watchdog.as_ref(), "start", start).await {
            Ok(Ok(guest)) => Ok(Self { store, guest, limits, watchdog, gone: false, network }),
            Ok(Err(error)) => Err(CallError::Host(store.data().fence.cause("start", &error))),
            Err(_) => {
                let seconds = limits.call_seconds;
                Err(CallError::Host(format!("start: the time limit of {seconds} s was exceeded")))
            }
        }
    }

    /// Returns the component's description of itself.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Host`] on a trap or an exceeded limit.
    pub async fn describe(&mut self) -> Result<Descriptor, CallError> {
        self.enter("describe")?;
        let call = self.guest.etl_connector_source().call_describe(&mut self.store);
        let answer = limit(&self.limits, self.watchdog.as_ref(), "describe", call).await;
        self.leave("describe", answer)
    }

    /// Configures the instance with settings (JSON), secrets and the stored checkpoint, if any.
    ///
    /// # Errors
    ///
    /// Returns [`CallError`] if the source returns an error, traps or exceeds a limit.
    pub async fn configure(&mut self, configuration: &Configuration) -> Result<(), CallError> {
        self.enter("configure")?;
        let source = self.guest.etl_connector_source();
        let call = source.call_configure(&mut self.store, configuration);
        let answer = limit(&self.limits, self.watchdog.as_ref(), "configure", call).await;
        let answer = self.leave("configure", answer);
        self.clean(answer)
    }

    /// Tests the configuration against the remote.
    ///
    /// # Errors
    ///
    /// Same as [`Source::configure`].
    pub async fn check(&mut self) -> Result<Vec<Finding>, CallError> {
        self.enter("check")?;
        let call = self.guest.etl_connector_source().call_check(&mut self.store);
        let answer = limit(&self.limits, self.watchdog.as_ref(), "check", call).await;
        let answer = self.leave("check", answer);
        self.clean(answer)
    }

    /// Returns the next events, at most `records_max`.
    ///
    /// # Errors
    ///
    /// Same as [`Source::configure`].
    pub async fn read_batch(&mut self, records_max: u32) -> Result<Batch, CallError> {
        self.enter("read-batch")?;
        let source = self.guest.etl_connector_source();
        let call = source.call_read_batch(&mut self.store, records_max);
        let answer = limit(&self.limits, self.watchdog.as_ref(), "read-batch", call).await;
        let answer = self.leave("read-batch", answer);
        let answer = answer.map(|answer| answer.map(Batch::from));
        let batch = self.clean(answer)?;
        let count = batch.records.len();
        match count <= records_max as usize {
            true => Ok(batch),
            false => Err(self.stop(format!(
                "read-batch: {count} records were returned, but only {records_max} were requested"
            ))),
        }
    }

    /// Returns the checkpoint that covers every record returned so far.
    ///
    /// # Errors
    ///
    /// Same as [`Source::configure`].
    pub async fn checkpoint(&mut self) -> Result<String, CallError> {
        self.enter("checkpoint")?;
        let call = self.guest.etl_connector_source().call_checkpoint(&mut self.store);
        let answer = limit(&self.limits, self.watchdog.as_ref(), "checkpoint", call).await;
        let answer = self.leave("checkpoint", answer);
        let checkpoint = self.clean(answer)?;
        match checkpoint.len() <= CHECKPOINT_BYTES_MAX {
            true => Ok(checkpoint),
            false => Err(self.stop(format!(
                "checkpoint: {} bytes were returned; the limit is {CHECKPOINT_BYTES_MAX}",
                checkpoint.len()
            ))),
        }
    }

    /// Ends an instance that broke its contract.
    fn stop(&mut self, why: String) -> CallError {
        self.gone = true;
        CallError::Host(why)
    }

    /// Returns whether the host denied a request because of its destination.
    pub fn was_denied(&self) -> bool {
        self.network.as_ref().is_some_and(Network::has_denied)
    }

    /// Adds why the network failed, and removes the token in case a server echoed it.
    fn clean<T: Texts>(&self, answer: Result<Result<T, Error>, CallError>) -> Result<T, CallError> {
        let mut answer =
            answer.and_then(|answer| answer.map_err(|error| CallError::Source(error.into())));
        if let Some(cause) = self.network.as_ref().and_then(Network::take_cause) {
            match &mut answer {
                Ok(answer) => answer.explain(&cause),
                Err(error) => error.explain(&cause),
            }
        }
        let secrets = self.network.as_ref().map(Network::secrets).unwrap_or_default();
        hide(&secrets, answer)
    }

    fn enter(&mut self, call: &str) -> Result<(), CallError> {
        if self.gone {
            return Err(CallError::Host(format!("{call}: the instance was already stopped")));
        }
        // A failure in an earlier call is not the cause of this one's failure.
        if let Some(network) = &self.network {
            network.take_cause();
        }
        self.store.data_mut().fence.ticks = 0;
        self.store.set_epoch_deadline(1);
        Ok(())
    }

    fn leave<T>(
        &mut self,
        call: &str,
        answer: Result<wasmtime::Result<T>, Elapsed>,
    ) -> Result<T, CallError> {
        let why = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => self.store.data().fence.cause(call, &error),
            Err(_) => {
                let seconds = self.limits.call_seconds;
                format!("{call}: the time limit of {seconds} s was exceeded")
            }
        };
        Err(self.stop(why))
    }
}

/// Limits the time of a call and, if there is a watchdog, its CPU time.
async fn limit<T>(
    limits: &Limits,
    watchdog: Option<&Watchdog>,
    name: &'static str,
    call: impl Future<Output = T>,
) -> Result<T, Elapsed> {
    let call = async {
        match watchdog {
            Some(watchdog) => watchdog.time(name, call).await,
            None => call.await,
        }
    };
    tokio::time::timeout(limits.call(), call).await
}
