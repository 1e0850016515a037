//! Decides which components may run: those that import only HTTP, streams and clocks.
#![allow(clippy::disallowed_methods, reason = "reads the component")]

use crate::exit::{Failure, Result};
use crate::guest::contract::bindings::SourcePluginPre;
use crate::guest::engine::{CodeCache, build_uninterruptible};
use crate::guest::environment::cause;
use crate::guest::host_state::HostState;
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::Path;
use wasmtime::Engine;
use wasmtime::component::{Component, HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};

/// The component of this repository, built by `build.rs`.
pub const BUNDLED: &[u8] = include_bytes!(env!("COMPONENT_WASM"));

/// Maximum size of a component, in bytes: 64 MiB. Those written in scripting languages take about 20 MiB.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;

/// Everything that a component may import, each in any version 0.2.x.
pub const IMPORTS_ALLOWED: [&str; 7] = [
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
];

/// A component that was checked, compiled and linked, and can be instantiated many times.
pub struct Plugin {
    /// The names of its imports, in the component's order.
    pub imports: Vec<String>,
    /// Its size in bytes.
    pub size: usize,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Whether a watchdog limits its CPU time.
    pub(crate) is_watched: bool,
    pub(crate) engine: Engine,
    pub(crate) pre: SourcePluginPre<HostState>,
}

/// A component that may be loaded, before it is linked.
pub(crate) struct Checked {
    pub(crate) component: Component,
    pub(crate) imports: Vec<String>,
    pub(crate) size: usize,
    pub(crate) sha256: String,
}

/// Reads the file of a component, and passes its bytes to `compile`. Messages begin with `what` and the path; `remedy`
/// says what to do if the file does not exist.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if the file cannot be read or is too large, and what `compile` returns.
pub(crate) fn load<T>(
    what: &str,
    path: &Path,
    remedy: &str,
    compile: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    let refuse = |why: String| Failure::Refused(format!("{what} {}: {why}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => refuse(format!("does not exist; {remedy}")),
        _ => refuse(format!("{error}; {remedy}")),
    })?;
    let size = metadata.len();
    if size > COMPONENT_BYTES_MAX {
        return Err(refuse(format!("is {size} bytes; the limit is {COMPONENT_BYTES_MAX}")));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(format!("{error}; {remedy}")))?;
    compile(&bytes).map_err(|failure| match failure {
        Failure::Refused(why) => refuse(why),
        failure => failure,
    })
}

/// Compiles a component, and refuses imports that are not allowed.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if it is not a component, or has such imports. The message names all of them.
pub(crate) fn check(
    engine: &Engine,
    bytes: &[u8],
    is_allowed: impl Fn(&str) -> bool,
) -> Result<Checked> {
    if !bytes.starts_with(b"\0asm") {
        let why = "not a component: it does not begin with WebAssembly's magic number";
        return Err(Failure::Refused(why.to_owned()));
    }
    let component = Component::new(engine, bytes).map_err(|error| match cause(&error) {
        Some(cause) => Failure::Failed(format!("cannot load the component: {cause}")),
        None => Failure::Refused(format!("not a component: {error:#}")),
    })?;
    let imports: Vec<String> =
        component.component_type().imports(engine).map(|(name, _)| name.to_owned()).collect();
    let foreign: Vec<&str> =
        imports.iter().map(String::as_str).filter(|name| !is_allowed(name)).collect();
    if !foreign.is_empty() {
        let foreign = foreign.join(", ");
        let why = format!("the component has imports that are not allowed: {foreign}");
        return Err(Failure::Refused(why));
    }
    let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Checked { component, imports, size: bytes.len(), sha256 })
}

/// Returns the failure of linking a component that is not a `what`.
pub(crate) fn unlinked(what: &str, error: &wasmtime::Error) -> Failure {
    match cause(error) {
        Some(cause) => Failure::Failed(format!("cannot link the component: {cause}")),
        None => Failure::Refused(format!("not a {what} component: {error:#}")),
    }
}

impl Plugin {
    /// Loads the component at `path`, or the bundled one.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file cannot be read or [`Plugin::new`] refuses it.
    pub fn load(engine: &Engine, path: Option<&Path>) -> Result<Self> {
        match path {
            Some(path) => {
                load("component", path, "check the path", |bytes| Self::new(engine, bytes))
            }
            None => Self::new(engine, BUNDLED),
        }
    }

    /// Compiles a component that the whole process trusts: a watchdog ends the process when a call exceeds its CPU
    /// limit. The component runs faster than one that the host can interrupt.
    ///
    /// # Errors
    ///
    /// Same as [`crate::guest::engine::build`] and [`Plugin::new`].
    pub fn trusted(code: &CodeCache, bytes: &[u8]) -> Result<Self> {
        let engine = build_uninterruptible(code)?;
        Ok(Self { is_watched: true, ..Self::new(&engine, bytes)? })
    }

    /// Compiles a component and links it to the allowed imports.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if it is not a component, imports anything that is not in [`IMPORTS_ALLOWED`] (the
    /// message names all such imports), or does not export the interface `source`. Returns [`Failure::Failed`] if the
    /// environment prevents loading it.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self> {
        let Checked { component, imports, size, sha256 } = check(engine, bytes, allowed)?;
        let pre = linker(engine)
            .and_then(|linker| linker.instantiate_pre(&component))
            .and_then(SourcePluginPre::new)
            .map_err(|error| unlinked("source", &error))?;
        Ok(Self { imports, size, sha256, is_watched: false, engine: engine.clone(), pre })
    }
}

fn allowed(import: &str) -> bool {
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    IMPORTS_ALLOWED.contains(&name) && version.starts_with("0.2.")
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links one interface at a time, so that a guest has only what is named here.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<HostState>> {
    use wasmtime_wasi::p2::bindings::clocks;
    use wasmtime_wasi_io::bindings::wasi::io;
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    io::error::add_to_linker::<HostState, Io>(l, |state| state.ctx().table)?;
    io::poll::add_to_linker::<HostState, Io>(l, |state| state.ctx().table)?;
    io::streams::add_to_linker::<HostState, Io>(l, |state| state.ctx().table)?;
    clocks::wall_clock::add_to_linker::<HostState, WasiClocks>(l, HostState::clocks)?;
    clocks::monotonic_clock::add_to_linker::<HostState, WasiClocks>(l, HostState::clocks)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(l)?;
    Ok(linker)
}
