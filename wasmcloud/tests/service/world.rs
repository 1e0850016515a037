//! A made-up Buildkite, a receiver, a bucket and a configuration; and services that come and go in it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use fake_buildkite::{FakeBuildkite, Options};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use wasmtime::component::{Component, HasData, HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::WasiHttpCtx;

use crate::bindings::ComposedPre;
use crate::egress::Egress;
use crate::host::{Host, Pause, Steps};
use crate::receiver::Receiver;

/// A token that is easy to find in whatever should not hold it.
pub const TOKEN: &str = "bkua_5ecre7f00dcafe5ecre7f00dcafe5ecre7f00dca";
/// What the service sleeps when everything is read; none of its other waits is as long.
pub const POLL_MS: u64 = 90_000;
/// Longest wait for anything a test waits for. It is met in well under a second.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// 2025-06-01, after every event there is at the start.
const START_MS: u64 = 1_748_736_000_000;
/// More sleeps in a row are a service that never comes to rest.
const SLEEPS_MAX: usize = 1_000;

/// What all services of a world see.
pub struct Shared {
    pub config: Mutex<BTreeMap<String, String>>,
    pub log: Mutex<Vec<String>>,
    /// Values of checkpoints, and how many different events had been recorded when each was stored.
    pub checkpoints: Mutex<Vec<(Vec<u8>, usize)>>,
    pub bucket_is_down: AtomicBool,
    pub receiver: SocketAddr,
    pub patience: Duration,
    clock_ms: Arc<AtomicU64>,
    recorded: Arc<dyn Fn() -> usize + Send + Sync>,
}

impl Shared {
    pub fn now_ms(&self) -> u64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    pub fn note_stored(&self, key: &str, value: &[u8]) {
        if key.ends_with(".checkpoint") {
            self.checkpoints.lock().unwrap().push((value.to_vec(), (self.recorded)()));
        }
    }
}

pub struct World {
    pub fake: FakeBuildkite,
    pub receiver: Arc<Receiver>,
    pub shared: Arc<Shared>,
    pub folder: TempDir,
}

impl World {
    pub async fn new(events: u64) -> Self {
        Self::patient(events, PATIENCE).await
    }

    /// `patience`: how long the engine waits for the receiver's answer, in place of the service's ten seconds.
    pub async fn patient(events: u64, patience: Duration) -> Self {
        let clock_ms = Arc::new(AtomicU64::new(START_MS));
        let clock = Arc::clone(&clock_ms);
        let options = Options {
            events,
            token: TOKEN.into(),
            clock: Arc::new(move || clock.load(Ordering::Relaxed)),
            ..Options::default()
        };
        let fake = FakeBuildkite::start(options).await.unwrap();
        let receiver = Arc::new(Receiver::start().await);
        let settings = format!(
            r#"{{"org_slug": "example-org", "endpoint": "{}", "page_size": 40, "poll_interval_seconds": {},
                "backfill_start_time": "2024-12-31T00:00:00Z"}}"#,
            fake.endpoint(),
            POLL_MS / 1_000
        );
        let config = [
            ("settings", settings.as_str()),
            ("tenant", "acme"),
            ("api_token", TOKEN),
            ("batch_records", "10"),
        ];
        let config = config.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let counted = Arc::clone(&receiver);
        let shared = Shared {
            config: Mutex::new(config),
            log: Mutex::default(),
            checkpoints: Mutex::default(),
            bucket_is_down: AtomicBool::new(false),
            receiver: receiver.address,
            patience,
            clock_ms,
            recorded: Arc::new(move || counted.distinct()),
        };
        let folder = tempfile::tempdir().unwrap();
        Self { fake, receiver, shared: Arc::new(shared), folder }
    }

    pub fn set(&self, key: &str, value: &str) {
        self.shared.config.lock().unwrap().insert(key.into(), value.into());
    }

    pub fn bucket_file(&self) -> PathBuf {
        self.folder.path().join("buckets.sqlite")
    }

    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }

    /// Starts a service that never crashes.
    pub async fn start(&self) -> Service {
        self.start_with(Steps::default()).await
    }

    pub async fn start_with(&self, steps: Steps) -> Service {
        let (pauses, paused) = mpsc::unbounded_channel();
        let host = Host {
            table: ResourceTable::new(),
            http: WasiHttpCtx::new(),
            egress: Egress::new(self.fake.address().to_string()),
            shared: Arc::clone(&self.shared),
            steps,
            database: crate::kept::open(&self.bucket_file()),
            line: None,
            pauses,
        };
        let mut store = Store::new(engine(), host);
        let guest = composed().instantiate_async(&mut store).await.unwrap();
        let task = tokio::spawn(async move { guest.wasi_cli_run().call_run(&mut store).await });
        Service {
            task,
            paused,
            held: None,
            has_ended: false,
            clock_ms: Arc::clone(&self.shared.clock_ms),
        }
    }

    /// The payloads that ought to arrive and those that did, sorted.
    pub async fn assert_all_arrived(&self, repeats_max: usize) -> usize {
        let wanted: BTreeSet<String> =
            self.fake.truth().iter().map(|event| canonical(&event.node)).collect();
        let messages = self.receiver.messages().await;
        let got: Vec<String> = messages
            .iter()
            .map(|(subject, body)| {
                assert_eq!(subject, "audit.acme");
                canonical(std::str::from_utf8(body).unwrap())
            })
            .collect();
        let distinct: BTreeSet<String> = got.iter().cloned().collect();
        assert_eq!(wanted.difference(&distinct).count(), 0, "lost, of {}", wanted.len());
        assert_eq!(distinct.difference(&wanted).count(), 0, "arrived unlike the truth");
        let repeats = got.len() - distinct.len();
        assert!(repeats <= repeats_max, "{repeats} repeats, at most {repeats_max} are expected");
        repeats
    }
}

/// `data`, JSON inside a string in the truth, is a value in a record.
pub fn canonical(node: &str) -> String {
    let mut node: serde_json::Value = serde_json::from_str(node).unwrap();
    if let Some(inner) = node["data"].as_str().and_then(|text| serde_json::from_str(text).ok()) {
        node["data"] = inner;
    }
    node.to_string()
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Slept(u64),
    Gate,
    /// It returned.
    Ended,
    /// It trapped.
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
    /// Lets it go on, and waits until it sleeps, waits or ends.
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
        tokio::time::timeout(PATIENCE, next).await.expect("it neither sleeps nor ends")
    }

    /// Goes on through shorter sleeps until everything is read, or until it ends.
    pub async fn until_idle(&mut self) -> Seen {
        for _ in 0..SLEEPS_MAX {
            match self.next().await {
                Seen::Slept(ms) if ms != POLL_MS => {}
                seen => return seen,
            }
        }
        panic!("it never comes to rest");
    }

    /// As a kill of the engine: it does nothing more.
    pub async fn kill(self) {
        if !self.has_ended {
            self.task.abort();
            let _ = self.task.await;
        }
    }
}

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(Engine::default)
}

/// Service and source, compiled and composed once for all tests.
pub fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("composed");
        let wasm = compose::composed("wasmcloud-service", &target).unwrap();
        Component::new(engine(), wasm).unwrap()
    })
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

fn composed() -> &'static ComposedPre<Host> {
    use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
    use crate::bindings::wasi::config::store as config;
    use crate::bindings::wasi::keyvalue::{atomics, store};
    use crate::bindings::wasi::logging::logging;
    use crate::bindings::wasmcloud::messaging::{consumer, types};
    use wasmtime_wasi_io::bindings::wasi::io;
    static PRE: OnceLock<ComposedPre<Host>> = OnceLock::new();
    PRE.get_or_init(|| {
        let mut linker = Linker::new(engine());
        let l = &mut linker;
        io::error::add_to_linker::<Host, Io>(l, |host| &mut host.table).unwrap();
        io::poll::add_to_linker::<Host, Io>(l, |host| &mut host.table).unwrap();
        io::streams::add_to_linker::<Host, Io>(l, |host| &mut host.table).unwrap();
        store::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        atomics::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        config::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        types::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        consumer::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        logging::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        monotonic_clock::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        wall_clock::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(l).unwrap();
        ComposedPre::new(linker.instantiate_pre(component()).unwrap()).unwrap()
    })
}
