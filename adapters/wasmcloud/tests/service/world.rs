//! A fake Buildkite, a receiver, a bucket and a configuration, with services that come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_buildkite::{FakeBuildkite, Options};
use tempfile::TempDir;
use tokio::sync::mpsc;
use wasmtime::Store;
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::WasiHttpCtx;

use crate::egress::Egress;
use crate::engine::engine;
use crate::host::{Host, Steps};
use crate::receiver::Receiver;
use crate::service::Service;

/// A token that is easy to find wherever it must not be.
pub const TOKEN: &str = "bkua_5ecre7f00dcafe5ecre7f00dcafe5ecre7f00dca";
/// How long the service sleeps when everything is read, in milliseconds. No other wait has this length.
pub const POLL_MS: u64 = 90_000;
/// Maximum time that a test waits for anything. Usually it takes well under a second.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// 2025-06-01, after every initial event.
const START_MS: u64 = 1_748_736_000_000;

/// What all services of a world share.
pub struct Shared {
    pub config: Mutex<BTreeMap<String, String>>,
    pub log: Mutex<Vec<String>>,
    /// The stored checkpoints, each with the number of distinct events recorded by then.
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

    /// Creates a world whose engine waits for the receiver's answer only for `patience` instead of the service's ten
    /// seconds.
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
        let store = Store::new(engine(), host);
        // Only the composition with the transform knows this key.
        let is_transformed =
            self.shared.config.lock().unwrap()["settings"].contains("\"transform\"");
        Service::start(store, paused, Arc::clone(&self.shared.clock_ms), is_transformed).await
    }

    /// Asserts that exactly the expected payloads arrived, with at most `repeats_max` repeats, and returns the number
    /// of repeats.
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
        assert_eq!(wanted.difference(&distinct).count(), 0, "events lost, of {}", wanted.len());
        assert_eq!(
            distinct.difference(&wanted).count(),
            0,
            "events arrived that differ from the truth"
        );
        let repeats = got.len() - distinct.len();
        assert!(repeats <= repeats_max, "{repeats} repeats, expected at most {repeats_max}");
        repeats
    }
}

/// Parses `data`, which is JSON inside a string in the truth but a value in a record.
pub fn canonical(node: &str) -> String {
    let mut node: serde_json::Value = serde_json::from_str(node).unwrap();
    if let Some(inner) = node["data"].as_str().and_then(|text| serde_json::from_str(text).ok()) {
        node["data"] = inner;
    }
    node.to_string()
}
