//! A transform as a guest: a component without imports that maps events, one for one.

use crate::exit::{Failure, Result};
use crate::guest::component::{Checked, check, load, unlinked};
use crate::guest::contract::Event;
use crate::guest::fence::Fence;
use crate::guest::instance::{Fenced, Instance, limited};
use crate::limits::Limits;
use source_token::one_line;
use std::path::Path;
use wasmtime::Engine;
use wasmtime::component::Linker;

pub use bindings::exports::etl::connector::transform::{Descriptor, FieldError};

use bindings::exports::etl::connector::transform::Event as Passed;

/// Generated from the WIT, including its comments.
#[allow(missing_docs, unsafe_code, clippy::all)]
mod bindings {
    wasmtime::component::bindgen!({
        inline: "package host:view; world transform-plugin { export etl:connector/transform@0.1.0; }",
        path: "../wit",
        exports: { default: async },
    });
}

/// The transform of this repository, built by `build.rs`.
pub const BUNDLED: &[u8] = include_bytes!(env!("TRANSFORM_WASM"));

/// Maximum number of characters of a text from a transform.
const TEXT_CHARS_MAX: usize = 4_000;

/// A transform that was checked, compiled and linked.
pub struct TransformPlugin {
    /// Its size in bytes.
    pub size: usize,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    is_watched: bool,
    engine: Engine,
    pre: bindings::TransformPluginPre<State>,
}

/// The data of one instance: a transform gets nothing from the host.
struct State(Fence);

impl Fenced for State {
    fn fence(&mut self) -> &mut Fence {
        &mut self.0
    }
}

impl TransformPlugin {
    /// Loads the transform at `path`.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file cannot be read or [`TransformPlugin::new`] refuses it.
    pub fn load(engine: &Engine, path: &Path) -> Result<Self> {
        let remedy = "use ocsf, ecs or the path of a component";
        load("--transform", path, remedy, |bytes| Self::new(engine, bytes, false))
    }

    /// Compiles a transform. `is_watched` says that the engine cannot interrupt it, so that a watchdog limits its CPU
    /// time.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if it is not a component, imports anything, or does not export the interface
    /// `transform`.
    pub fn new(engine: &Engine, bytes: &[u8], is_watched: bool) -> Result<Self> {
        let checked = check(engine, bytes, |_| false).map_err(|failure| match failure {
            Failure::Refused(why) => {
                Failure::Refused(format!("{why}; use a component of the world transform-plugin"))
            }
            failure => failure,
        })?;
        let Checked { component, size, sha256, .. } = checked;
        let pre = Linker::new(engine)
            .instantiate_pre(&component)
            .and_then(bindings::TransformPluginPre::new)
            .map_err(|error| unlinked("transform", &error))?;
        Ok(Self { size, sha256, is_watched, engine: engine.clone(), pre })
    }
}

/// A running instance.
pub struct Transform {
    instance: Instance<State>,
    guest: bindings::TransformPlugin,
}

impl Transform {
    /// Instantiates a transform.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if it exceeds a limit or traps when it starts.
    pub async fn start(plugin: &TransformPlugin, limits: Limits) -> Result<Self> {
        let state = State(Fence::new(limits));
        let mut instance = Instance::new(&plugin.engine, state, limits, plugin.is_watched)?;
        let start = plugin.pre.instantiate_async(&mut instance.store);
        let guest = limited(&limits, instance.watchdog.as_ref(), "transform start", start).await;
        let guest = instance.leave("transform start", guest)?;
        Ok(Self { instance, guest })
    }

    /// Returns the transform's description of itself.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] on a trap or an exceeded limit.
    pub async fn describe(&mut self) -> Result<Descriptor> {
        let at = &mut self.instance;
        at.enter("transform describe")?;
        let call = self.guest.etl_connector_transform().call_describe(&mut at.store);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "transform describe", call).await;
        Ok(at.leave("transform describe", answer)?)
    }

    /// Configures the instance with settings (JSON).
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with everything that is wrong with the settings, and [`Failure::Failed`] on a trap
    /// or an exceeded limit.
    pub async fn configure(&mut self, settings: &str) -> Result<()> {
        let at = &mut self.instance;
        at.enter("transform configure")?;
        let call = self.guest.etl_connector_transform().call_configure(&mut at.store, settings);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "transform configure", call).await;
        at.leave("transform configure", answer)?.map_err(|faults| {
            let line = |fault: &FieldError| {
                let fault = format!("{}: {}", fault.field, fault.message);
                format!("\n  {}", one_line(&fault, TEXT_CHARS_MAX))
            };
            // A transform may return any number.
            let faults: String = faults.iter().take(100).map(line).collect();
            Failure::Refused(format!("--transform-settings: the settings are not valid{faults}"))
        })
    }

    /// Replaces the payload of each event by that of the transform.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`], and leaves the events unchanged, if the transform fails, traps, exceeds a limit, or
    /// does not return exactly these events in this order. The instance is then stopped.
    pub async fn apply(&mut self, events: &mut [Event]) -> Result<()> {
        let at = &mut self.instance;
        at.enter("transform")?;
        let given: Vec<Passed> = events.iter_mut().map(pass).collect();
        let call = self.guest.etl_connector_transform().call_transform(&mut at.store, &given);
        let answer = limited(&at.limits, at.watchdog.as_ref(), "transform", call).await;
        let answer = at.leave("transform", answer);
        for (event, given) in events.iter_mut().zip(given) {
            *event = back(given);
        }
        let returned = answer?
            .map_err(|why| at.stop(format!("transform: {}", one_line(&why, TEXT_CHARS_MAX))))?;
        if let Some(why) = difference(events, &returned) {
            return Err(at.stop(format!("transform: {why}")).into());
        }
        for (event, returned) in events.iter_mut().zip(returned) {
            event.payload = returned.payload;
        }
        Ok(())
    }
}

/// Moves an event into the type of the call, without a copy.
fn pass(event: &mut Event) -> Passed {
    let take = std::mem::take::<String>;
    Passed {
        id: take(&mut event.id),
        occurred_at: take(&mut event.occurred_at),
        kind: take(&mut event.kind),
        payload: take(&mut event.payload),
    }
}

fn back(event: Passed) -> Event {
    let Passed { id, occurred_at, kind, payload } = event;
    Event { id, occurred_at, kind, payload }
}

/// Returns how the returned events differ from the given ones in anything but the payload.
fn difference(given: &[Event], returned: &[Passed]) -> Option<String> {
    if given.len() != returned.len() {
        let (given, returned) = (given.len(), returned.len());
        return Some(format!("{returned} events were returned for {given}"));
    }
    let is_other = |(given, returned): &(&Event, &Passed)| {
        (&given.id, &given.occurred_at, &given.kind)
            != (&returned.id, &returned.occurred_at, &returned.kind)
    };
    let (given, _) = given.iter().zip(returned).find(is_other)?;
    Some(format!("another event was returned in the place of {}", one_line(&given.id, 100)))
}
