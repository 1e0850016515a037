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
use crate::guest::instance::{Instance, limited};
use crate::guest::redact::{Texts, hide};
use crate::guest::transform::Transform;
pub use crate::limits::Limits;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi_http::WasiHttpCtx;

/// Maximum size of a checkpoint, in bytes. Those of the bundled component take at most 2 MiB.
pub(crate) const CHECKPOINT_BYTES_MAX: usize = 4 << 20;

/// A running instance.
pub struct Source {
    instance: Instance<HostState>,
    guest: bindings::SourcePlugin,
    network: Option<Network>,
    /// What the records of each batch go through.
    transform: Option<Transform>,
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
        let mut instance = Instance::new(&plugin.engine, state, limits, plugin.is_watched)?;
        let start = plugin.pre.instantiate_async(&mut instance.store);
        let guest = limited(&limits, instance.watchdog.as_ref(), "start", start).await;
        let guest = instance.leave("start", guest)?;
        Ok(Self { instance, guest, network, transform: None })
    }

    /// Passes the records of each batch through a transform, if there is one.
    pub fn through(self, transform: Option<Transform>) -> Self {
        Self { transform, ..self }
    }

    /// Returns the component's description of itself.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Host`] on a trap or an exceeded limit.
    pub async fn describe(&mut self) -> Result<Descriptor, CallError> {
        self.enter("describe")?;
        let at = &mut self.instance;
        let call = self.guest.etl_connector_source().call_describe(&mut at.store);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "describe", call).await;
        at.leave("describe", answer)
    }

    /// Configures the instance with settings (JSON), secrets and the stored checkpoint, if any.
    ///
    /// # Errors
    ///
    /// Returns [`CallError`] if the source returns an error, traps or exceeds a limit.
    pub async fn configure(&mut self, configuration: &Configuration) -> Result<(), CallError> {
        self.enter("configure")?;
        let at = &mut self.instance;
        let source = self.guest.etl_connector_source();
        let call = source.call_configure(&mut at.store, configuration);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "configure", call).await;
        let answer = at.leave("configure", answer);
        self.clean(answer)
    }

    /// Tests the configuration against the remote.
    ///
    /// # Errors
    ///
    /// Same as [`Source::configure`].
    pub async fn check(&mut self) -> Result<Vec<Finding>, CallError> {
        self.enter("check")?;
        let at = &mut self.instance;
        let call = self.guest.etl_connector_source().call_check(&mut at.store);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "check", call).await;
        let answer = at.leave("check", answer);
        self.clean(answer)
    }

    /// Returns the next events, at most `records_max`, as the transform returned them if there is one.
    ///
    /// # Errors
    ///
    /// Same as [`Source::configure`]. Also returns [`CallError::Host`] if the transform fails.
    pub async fn read_batch(&mut self, records_max: u32) -> Result<Batch, CallError> {
        self.enter("read-batch")?;
        let at = &mut self.instance;
        let source = self.guest.etl_connector_source();
        let call = source.call_read_batch(&mut at.store, records_max);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "read-batch", call).await;
        let answer = at.leave("read-batch", answer);
        let answer = answer.map(|answer| answer.map(Batch::from));
        let mut batch = self.clean(answer)?;
        let count = batch.records.len();
        if count > records_max as usize {
            return Err(self.instance.stop(format!(
                "read-batch: {count} records were returned, but only {records_max} were requested"
            )));
        }
        if let Some(transform) = self.transform.as_mut().filter(|_| count > 0) {
            // The source has moved on. Without these records, no later checkpoint may be stored, so it is stopped too.
            let applied = transform.apply(&mut batch.records).await;
            applied.map_err(|failure| self.instance.stop(failure.to_string()))?;
        }
        Ok(batch)
    }

    /// Returns the checkpoint that covers every record returned so far.
    ///
    /// # Errors
    ///
    /// Same as [`Source::configure`].
    pub async fn checkpoint(&mut self) -> Result<String, CallError> {
        self.enter("checkpoint")?;
        let at = &mut self.instance;
        let call = self.guest.etl_connector_source().call_checkpoint(&mut at.store);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "checkpoint", call).await;
        let answer = at.leave("checkpoint", answer);
        let checkpoint = self.clean(answer)?;
        match checkpoint.len() <= CHECKPOINT_BYTES_MAX {
            true => Ok(checkpoint),
            false => Err(self.instance.stop(format!(
                "checkpoint: {} bytes were returned; the limit is {CHECKPOINT_BYTES_MAX}",
                checkpoint.len()
            ))),
        }
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
        // A failure in an earlier call is not the cause of this one's failure.
        if let Some(network) = &self.network {
            network.take_cause();
        }
        self.instance.enter(call)
    }
}
