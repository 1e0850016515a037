//! The token never enters a guest's memory: the tests search all of it after each call.

use super::remote::Remote;
use fake_buildkite::{Accounts, Application, FakeBuildkite, Options, PortalSecret, PublicKey};
use host_kit::{TOKEN, keys};
use host_test::config::file::Config;
use host_test::credential::token::{PLACEHOLDER, Token};
use host_test::egress::hook::Egress;
use host_test::egress::network::Network;
use host_test::egress::origin::Origin;
use host_test::egress::outbound::Outbound;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::source::{Configuration, Limits, Secret, Source};
use serde_json::json;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use wasmtime::{Engine, LinearMemory, MemoryCreator, MemoryType};

/// Maximum size of a guest's memory, in bytes.
const ROOM: usize = 128 << 20;

/// The memories of the guests, for the test to read while no guest runs.
#[derive(Clone, Default)]
struct Memories(Arc<Mutex<Vec<Arc<Room>>>>);

struct Room {
    bytes: *mut u8,
    size: Mutex<usize>,
}

// The test reads it only between calls, and the guest writes it only during calls.
#[allow(unsafe_code)]
unsafe impl Send for Room {}
#[allow(unsafe_code)]
unsafe impl Sync for Room {}

struct Memory(Arc<Room>);

#[allow(unsafe_code)]
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        *self.0.size.lock().unwrap()
    }

    fn byte_capacity(&self) -> usize {
        ROOM
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        assert!(size <= ROOM);
        *self.0.size.lock().unwrap() = size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.bytes
    }
}

#[allow(unsafe_code)]
unsafe impl MemoryCreator for Memories {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        _: Option<usize>,
        _: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        // The system zeroes pages when they are touched. The few memories live as long as the test.
        let bytes = Box::leak(vec![0; ROOM].into_boxed_slice()).as_mut_ptr();
        let room = Arc::new(Room { bytes, size: Mutex::new(minimum) });
        self.0.lock().unwrap().push(Arc::clone(&room));
        Ok(Box::new(Memory(room)))
    }
}

impl Memories {
    /// Returns how often these bytes occur in any memory.
    #[allow(unsafe_code)]
    fn count(&self, bytes: &[u8]) -> usize {
        let rooms = self.0.lock().unwrap();
        let found = rooms.iter().map(|room| {
            let size = *room.size.lock().unwrap();
            // The room is never freed, and no guest runs now.
            let all = unsafe { std::slice::from_raw_parts(room.bytes, size) };
            memchr::memmem::find_iter(all, bytes).count()
        });
        found.sum()
    }
}

/// Calls the component, and searches its memory for these secrets after each call. Returns the number of records.
async fn search(
    endpoint: &str,
    network: Network,
    secrets: &dyn Fn() -> Vec<Vec<u8>>,
) -> (Memories, usize) {
    let memories = Memories::default();
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    // The initial contents of a memory are copied into the test's memory, not mapped.
    config.memory_reservation(0).memory_guard_size(0).memory_init_cow(false);
    config.with_host_memory(Arc::new(memories.clone()));
    let engine = Engine::new(&config).unwrap();
    let plugin = Plugin::new(&engine, BUNDLED).unwrap();
    let egress = Egress::Network(network);
    let mut source = Source::start(&plugin, egress, Limits::default(), None).await.unwrap();
    let configuration = Configuration {
        settings: format!(
            r#"{{"org_slug": "{}", "endpoint": "{endpoint}", "backfill_start_time": "2024-12-31T00:00:00Z"}}"#,
            fake_buildkite::SLUG
        ),
        secrets: vec![Secret { name: "api_token".to_owned(), value: PLACEHOLDER.to_owned() }],
        checkpoint: None,
    };
    let seek = |after: &str| {
        for secret in secrets() {
            assert_eq!(memories.count(&secret), 0, "a secret is in memory after {after}");
        }
    };
    source.describe().await.unwrap();
    seek("describe");
    source.configure(&configuration).await.unwrap();
    seek("configure");
    // Proves that the search finds what is there.
    assert!(memories.count(PLACEHOLDER.as_bytes()) > 0);
    let _ = source.check().await;
    seek("check");
    let mut records = 0;
    for _ in 0..3 {
        records += source.read_batch(1_000).await.map_or(0, |batch| batch.records.len());
        seek("read-batch");
    }
    source.checkpoint().await.unwrap();
    seek("checkpoint");
    (memories, records)
}

/// Returns two parts of a token, without the prefix that all tokens share.
fn parts(token: &str) -> [Vec<u8>; 2] {
    [token.as_bytes()[5..25].to_vec(), token.as_bytes()[25..].to_vec()]
}

async fn look(endpoint: &str) -> (Memories, usize) {
    let origin = Origin::parse(endpoint).unwrap();
    let token = Some(Token::new(TOKEN).unwrap());
    let lookup = host_test::egress::resolve::system();
    let network = Network::new(vec![origin], token, lookup, &Limits::default()).unwrap();
    search(endpoint, network, &|| parts(TOKEN).to_vec()).await
}

#[tokio::test]
async fn no_kind_of_secret_is_in_guest_memory() {
    let id = "0190a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b";
    let secret = "bkps_5ecre7f00dcafe5ecre7f00dcafe5ecre7f00d";
    let accounts = Accounts {
        portal: Some(PortalSecret { client_id: id.to_owned(), secret: secret.to_owned() }),
        application: Some(Application {
            client_id: "0123456789abcdef".to_owned(),
            subject: id.to_owned(),
            key: keys::ec(),
        }),
        public_key: Some(PublicKey { token_uuid: id.to_owned(), key: keys::rsa() }),
        ..Accounts::default()
    };
    let fake = FakeBuildkite::start(Options { events: 700, accounts, ..Options::default() });
    let fake = fake.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("rsa.pem", keys::RSA), ("ec.pem", keys::EC), ("secret", secret)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let url = format!("http://{}/oauth/token", fake.address());
    for (endpoint, api_token) in [
        (fake.portal(), json!({"portal": {"client_id": id, "secret": {"file": "secret"}}})),
        (
            fake.endpoint(),
            json!({"oauth": {"client_id": "0123456789abcdef", "subject": id, "url": url,
                             "key": {"file": "ec.pem"}}}),
        ),
        (fake.endpoint(), json!({"public_key": {"token_uuid": id, "key": {"file": "rsa.pem"}}})),
    ] {
        let path = folder.path().join("c.json");
        let settings = json!({"org_slug": fake_buildkite::SLUG, "endpoint": endpoint});
        let config = json!({"settings": settings, "secrets": {"api_token": api_token}});
        std::fs::write(&path, config.to_string()).unwrap();
        let config = Config::read(&path).unwrap();
        let origins = vec![config.origin().unwrap()];
        let outbound = Outbound::direct(host_test::egress::resolve::system());
        let network = Network::through(origins, config.credential, &outbound, &config.limits);
        let secrets = || {
            let mut all: Vec<Vec<u8>> = fake.minted().iter().flat_map(|it| parts(it)).collect();
            all.extend(parts(secret));
            // The beginning of every signed statement, and a line of each key.
            all.push(b"eyJhbGciOi".to_vec());
            all.extend([keys::RSA, keys::EC].map(|key| key.lines().nth(1).unwrap().into()));
            all
        };
        assert_eq!(search(&endpoint, network.unwrap(), &secrets).await.1, 700);
    }
    assert_eq!(fake.minted().len(), 2);
}

#[tokio::test]
async fn the_token_is_never_in_guest_memory() {
    let options = Options { token: TOKEN.to_owned(), events: 700, ..Options::default() };
    let fake = FakeBuildkite::start(options).await.unwrap();
    assert_eq!(look(&fake.endpoint()).await.1, 700);
}

#[test]
fn the_token_is_not_in_memory_even_when_the_remote_echoes_it() {
    let evil = TcpListener::bind("127.0.0.1:0").unwrap();
    let remote = Remote::start(evil.local_addr().unwrap());
    let endpoint = format!("http://{}/echo", remote.address);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (memories, _) = runtime.block_on(look(&endpoint));
    assert!(memories.count(b"and again Bearer ***") > 0, "the guest did not read the answer");
    let seen = remote.seen.lock().unwrap();
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|seen| seen.authorization == format!("Bearer {TOKEN}")), "{seen:?}");
}
