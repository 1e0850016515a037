//! The wasmtime engine: one per process. It lets the host interrupt guests, unless the guest is trusted.
#![allow(clippy::disallowed_methods, reason = "stores compiled code")]

use crate::exit::{Failure, Result};
use crate::guest::environment::explain;
use crate::limits::Limits;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasmtime::{Cache, CacheConfig, InstanceAllocationStrategy, PoolingAllocationConfig};

/// The length of one epoch tick. The host checks guests this often while they compute.
pub const TICK: Duration = Duration::from_millis(10);

/// Maximum number of core instances, of tables and of memories in one instance: a component is one module and two small
/// shims.
pub(crate) const PARTS_MAX: u32 = 16;

/// Maximum number of memories in one instance. A source that is composed with a transform has three. Their total size is
/// limited, however many there are.
const MEMORIES_MAX: u32 = 4;

/// Options for building the engine.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Maximum number of instances at once, in a pool that is reserved at the start. `None` for no pool.
    pub instances: Option<u32>,
    /// The limits that the pool is sized for.
    pub limits: Limits,
    /// Where compiled code is cached, so that the next start does not compile it again.
    pub code: CodeCache,
}

/// Where compiled code is cached. Whoever can write there decides what this process runs.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CodeCache {
    /// Cache compiled code in this folder, which must be writable only by you. Default: host-test in
    /// XDG_CACHE_HOME if set, otherwise in ~/.cache.
    #[arg(long = "code-cache", value_name = "DIR", conflicts_with = "off")]
    folder: Option<PathBuf>,
    /// Compile the component at each start, without a cache.
    #[arg(long = "no-code-cache")]
    off: bool,
}

impl CodeCache {
    /// Returns the setting for no cache: compile at each start.
    pub fn off() -> Self {
        Self { folder: None, off: true }
    }

    /// Opens the folder and creates it if missing. Returns `None` if no folder is usable, which only costs time.
    fn open(&self) -> Result<Option<PathBuf>> {
        if self.off {
            return Ok(None);
        }
        let usual = || {
            let home = std::env::home_dir().map(|home| home.join(".cache"));
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            cache.filter(|path| path.is_absolute()).or(home).map(|cache| cache.join("host-test"))
        };
        let Some(path) = self.folder.clone().or_else(usual) else { return Ok(None) };
        match (private(&path), &self.folder) {
            (Ok(path), _) => Ok(Some(path)),
            (Err(why), Some(_)) => {
                Err(Failure::Refused(format!("--code-cache {}: {why}", path.display())))
            }
            (Err(why), None) => {
                tracing::debug!("compiled code is not cached: {}: {why}", path.display());
                Ok(None)
            }
        }
    }
}

/// Creates the folder if missing, and refuses one that others can write to: its contents are executed.
fn private(path: &Path) -> std::result::Result<PathBuf, String> {
    let mut make = std::fs::DirBuilder::new();
    make.recursive(true).mode(0o700).create(path).map_err(|error| error.to_string())?;
    let path = path.canonicalize().map_err(|error| error.to_string())?;
    let metadata = path.metadata().map_err(|error| error.to_string())?;
    let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
    match is_ours && metadata.mode() & 0o022 == 0 {
        true => Ok(path),
        false => Err(
            "others can write to it, and its contents are executed; make it writable only by you"
                .to_owned(),
        ),
    }
}

/// Builds an engine without a pool and without a cache.
///
/// # Errors
///
/// Same as [`build`].
pub fn engine() -> Result<wasmtime::Engine> {
    build(&Options { code: CodeCache::off(), ..Options::default() })
}

/// Builds an engine that can interrupt its guests, and starts the thread that ticks. The thread ends when the engine is
/// dropped.
///
/// # Errors
///
/// Returns [`Failure::Failed`] if this machine cannot run wasmtime or start a thread, and [`Failure::Refused`] if the
/// named folder for compiled code cannot be used or others can write to it.
pub fn build(options: &Options) -> Result<wasmtime::Engine> {
    let engine = create(options, true)?;
    let weak = engine.weak();
    let thread = std::thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        // Bounded by the lifetime of the engine.
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
    let fail = |error| Failure::Failed(format!("cannot start the epoch thread: {error}"));
    thread.map(|_| engine).map_err(fail)
}

/// Builds an engine that cannot interrupt its guests. They run faster, since they do not look for a tick in each loop.
///
/// # Errors
///
/// Same as [`build`].
pub(crate) fn build_uninterruptible(code: &CodeCache) -> Result<wasmtime::Engine> {
    create(&Options { code: code.clone(), ..Options::default() }, false)
}

fn create(options: &Options, can_interrupt: bool) -> Result<wasmtime::Engine> {
    let fail = |error| Failure::Failed(format!("cannot start wasmtime: {}", explain(&error)));
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(can_interrupt);
    // Guest frames in an error would not help the operator: the component is stripped.
    config.wasm_backtrace_max_frames(None);
    if let Some(folder) = options.code.open()? {
        let mut kept = CacheConfig::new();
        kept.with_directory(folder);
        config.cache(Some(Cache::new(kept).map_err(fail)?));
    }
    if let Some(instances) = options.instances {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances, options)));
    }
    wasmtime::Engine::new(&config).map_err(fail)
}

/// Returns a pool for this many instances. Address space is reserved for all of them. They take memory only for what
/// they touch, and return it when they end; their initial contents are mapped copy-on-write.
fn pool(instances: u32, options: &Options) -> PoolingAllocationConfig {
    let parts = instances.saturating_mul(PARTS_MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(parts)
        .total_memories(instances.saturating_mul(MEMORIES_MAX))
        .total_tables(parts)
        .total_stacks(instances)
        .max_core_instances_per_component(PARTS_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_tables_per_component(PARTS_MAX)
        .max_memory_size((options.limits.memory_mib << 20) as usize)
        .table_elements(options.limits.table_elements as usize);
    pool
}
