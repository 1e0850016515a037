//! What a poll does, and what is left after one that was killed.

use crate::collector::Collector;
use crate::crash::Crash;
use crate::host::{App, COMPOSED, Variables};
use crate::keyvalue::KeyValue;
use fake_buildkite::{FakeBuildkite, Options};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

const EVENTS: u64 = 120;
const PAGE: u64 = 20;

/// An application with a Buildkite and a collector of its own.
struct World {
    fake: FakeBuildkite,
    collector: Collector,
    app: App,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let options = Options { events: EVENTS, ..Options::default() };
        let slug = options.slug.clone();
        let fake = FakeBuildkite::start(options).await.unwrap();
        let crash = Crash::default();
        let (collector, sink_url) = Collector::start(crash.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let settings = serde_json::json!({
            "org_slug": slug, "endpoint": fake.endpoint(), "page_size": PAGE,
            "backfill_start_time": "2024-12-31T00:00:00Z", "poll_interval_seconds": 1,
        });
        let origin = |url: &str| url.rsplit_once('/').unwrap().0.to_owned();
        let allowed = vec![origin(&fake.endpoint()), origin(&sink_url)];
        let variables = [
            ("settings", settings.to_string()),
            ("api_token", fake.token().to_owned()),
            ("sink_url", sink_url),
            ("sink_authorization", "Splunk hec-secret".to_owned()),
            ("batch_records", PAGE.to_string()),
        ];
        let variables: Variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        let database = folder.path().join("kv.sqlite");
        Self { fake, collector, app: App { variables, allowed, database, crash }, _folder: folder }
    }

    async fn poll(&self) -> (u16, Value) {
        self.app.request("POST", "/poll").await.unwrap()
    }

    /// Polls until everything is read; bounded by twice the pages.
    async fn poll_to_idle(&self) {
        for _ in 0..2 * EVENTS / PAGE {
            let (_, answer) = self.poll().await;
            if answer["ended"] == "idle" {
                return;
            }
        }
        panic!("it is not idle after all");
    }

    fn stored(&self, key: &str) -> Option<Vec<u8>> {
        KeyValue::open(&self.app.database, Crash::default()).value(key)
    }

    /// How often each event came, by its uuid.
    fn received(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for line in self.collector.lines() {
            let event: Value = serde_json::from_str(&line).unwrap();
            *counts.entry(event["uuid"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        counts
    }

    /// Every event came; gives how many came again.
    fn all_came(&self) -> u64 {
        let received = self.received();
        let truth: HashSet<String> =
            self.fake.truth().into_iter().map(|truth| truth.uuid).collect();
        assert_eq!(received.keys().cloned().collect::<HashSet<_>>(), truth, "lost or made up");
        received.values().sum::<u64>() - truth.len() as u64
    }

    /// Ends a lease that a killed poll has left, as time would.
    fn expire(&self) {
        KeyValue::open(&self.app.database, Crash::default())
            .put("lease/default", &1u64.to_le_bytes());
    }
}

#[test]
fn it_imports_what_spin_gives_and_nothing_else() {
    let engine = wasmtime::Engine::default();
    let component = wasmtime::component::Component::new(&engine, &*COMPOSED).unwrap();
    let component = component.component_type();
    let imports: Vec<&str> = component.imports(&engine).map(|(name, _)| name).collect();
    let expected = [
        // The trigger: waits, time of the lease, a number for it, the collector.
        "wasi:clocks/types@0.3.0",
        "wasi:http/types@0.3.0",
        "wasi:http/client@0.3.0",
        "wasi:clocks/monotonic-clock@0.3.0",
        "wasi:clocks/system-clock@0.3.0",
        "wasi:random/random@0.3.0",
        // Lease and checkpoint; configuration.
        "wasi:keyvalue/store@0.2.0-draft2",
        "wasi:keyvalue/atomics@0.2.0-draft2",
        "spin:variables/variables@3.0.0",
        // The source, as everywhere.
        "wasi:io/poll@0.2.4",
        "wasi:clocks/monotonic-clock@0.2.4",
        "wasi:io/error@0.2.4",
        "wasi:io/streams@0.2.4",
        "wasi:http/types@0.2.4",
        "wasi:http/outgoing-handler@0.2.4",
        "wasi:clocks/wall-clock@0.2.4",
    ];
    assert_eq!(imports, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_once_and_later_ones_alone() {
    let world = World::start().await;
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["ended"]), (200, &"idle".into()), "{answer}");
    assert_eq!(answer["delivered"], EVENTS);
    assert_eq!(world.all_came(), 0);
    let lines = world.collector.lines();
    let truth = world.fake.truth();
    let named = truth.iter().find(|truth| lines[0].contains(&truth.uuid)).unwrap();
    let (line, node): (Value, Value) =
        (serde_json::from_str(&lines[0]).unwrap(), serde_json::from_str(&named.node).unwrap());
    assert_eq!(line["actor"], node["actor"]);
    assert!(world.collector.authorizations().iter().all(|value| value == "Splunk hec-secret"));

    world.fake.add_events(7, None);
    tokio::time::timeout(std::time::Duration::from_secs(30), async {
        // The interval is a second; what is asked for earlier brings no request.
        while world.received().len() < EVENTS as usize + 7 {
            world.poll().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(world.all_came(), 0);
    assert_eq!(world.stored("lease/default"), Some(vec![0; 8]), "the lease was given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_is_killed_anywhere_loses_nothing() {
    let world = World::start().await;
    world.app.crash.arm(0);
    world.poll().await;
    let points = world.app.crash.passed();
    assert!(points > 6 * EVENTS / PAGE, "{points}");
    let mut repeats = 0;
    // Each point of one poll, and what the next polls make of it.
    for at in 1..=points {
        let world = World::start().await;
        world.app.crash.arm(at);
        assert!(world.app.request("POST", "/poll").await.is_none(), "point {at} was not reached");
        world.app.crash.arm(0);
        world.expire();
        world.poll_to_idle().await;
        let again = world.all_came();
        assert!(
            again <= PAGE,
            "{again} events again, more than the batch under way, at point {at}"
        );
        repeats += again;
    }
    println!("{points} crash points, 0 events lost, {repeats} repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_refuses_is_tried_again_and_moves_no_checkpoint() {
    let mut world = World::start().await;
    world.collector.refuse(2);
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["ended"]), (200, &"idle".into()), "{answer}");
    assert_eq!(world.all_came(), 0);

    world = World::start().await;
    world.app.variables.insert("budget_seconds".into(), "1".into());
    world.collector.refuse(1_000);
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["fault"]), (503, &"sink".into()), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("the collector answered 503"), "{answer}");
    assert_eq!((world.stored("checkpoint/default"), world.received().len()), (None, 0));
    world.collector.refuse(0);
    world.poll_to_idle().await;
    assert_eq!(world.all_came(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_polls_of_a_tenant_do_not_interleave() {
    let world = World::start().await;
    let polls: Vec<_> = (0..8)
        .map(|_| {
            let app = world.app.clone();
            tokio::spawn(async move { app.request("POST", "/poll").await.unwrap() })
        })
        .collect();
    let mut busy = 0;
    for poll in polls {
        let (status, answer) = poll.await.unwrap();
        busy +=
            u64::from(status == 409 && answer["ended"] == "busy" && answer["again_in_ms"].is_u64());
    }
    assert!(busy > 0, "some met a lease");
    world.poll_to_idle().await;
    assert_eq!(world.all_came(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_outlives_its_lease_moves_nothing() {
    let world = World::start().await;
    // The collector has taken the first batch, and then nothing goes on for longer than the lease.
    world.app.crash.arm(0);
    let (first, taken) = (world.app.clone(), world.app.crash.clone());
    let mut slow = Box::pin(async move { first.request("POST", "/poll").await.unwrap() });
    tokio::select! {
        biased;
        () = async { while taken.passed() < 5 { tokio::task::yield_now().await } } => {}
        _ = &mut slow => panic!("it is not slow"),
    }
    world.expire();
    world.poll_to_idle().await;
    let after = world.stored("checkpoint/default");
    let (status, answer) = slow.await;
    assert_eq!((status, &answer["fault"]), (409, &"overtaken".into()), "{answer}");
    assert_eq!(world.stored("checkpoint/default"), after);
    assert!(world.all_came() <= PAGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_and_no_secret_is_told() {
    let mut world = World::start().await;
    let token = world.app.variables.insert("api_token".into(), "bkua_wrong".into()).unwrap();
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["fault"]), (500, &"unauthorized".into()), "{answer}");
    assert!(!answer.to_string().contains("bkua_wrong"), "{answer}");
    assert_eq!(world.stored("checkpoint/default"), None);

    world.app.variables.insert("api_token".into(), token.clone());
    world.app.variables.insert("settings".into(), r#"{"org_slug": "", "colour": 1}"#.into());
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["fault"]), (500, &"invalid_config".into()), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("org_slug"), "{answer}");

    for (variable, value, word) in [
        ("budget_seconds", "soon", "budget_seconds"),
        ("sink_url", "ftp://x", "sink_url"),
        ("sink_authorization", "a\nb", "sink_authorization"),
        ("sink_url", "", "sink_url"),
        ("api_token", "", "SPIN_VARIABLE_API_TOKEN"),
    ] {
        let mut app = world.app.clone();
        app.variables.insert(variable.into(), value.into());
        let (status, answer) = app.request("POST", "/poll").await.unwrap();
        assert_eq!(status, 500);
        assert!(answer["message"].as_str().unwrap().contains(word), "{answer}");
    }
    let mut app = world.app.clone();
    app.allowed.pop();
    app.variables.insert("settings".into(), World::start().await.app.variables["settings"].clone());
    let (_, answer) = app.request("POST", "/poll").await.unwrap();
    assert!(answer.to_string().contains("does not allow requests"), "{answer}");
    for (method, path, expected) in [
        ("GET", "/poll", 405),
        ("POST", "/", 404),
        ("POST", "/poll/A", 404),
        ("POST", "/poll/beta", 500),
    ] {
        let (status, answer) = world.app.request(method, path).await.unwrap();
        assert_eq!(status, expected, "{answer}");
    }
    // The key-value store, the events and the answers are all that leaves: none has a secret.
    let kept = std::fs::read(&world.app.database).unwrap();
    for secret in [token.as_str(), "hec-secret"] {
        assert!(!kept.windows(secret.len()).any(|window| window == secret.as_bytes()));
        assert!(world.collector.lines().iter().all(|line| !line.contains(secret)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_share_the_application_and_nothing_else() {
    let world = World::start().await;
    let mut app = world.app.clone();
    for name in ["settings", "api_token"] {
        let value = app.variables[name].clone();
        app.variables.insert(format!("{name}_acme"), value);
    }
    app.variables.remove("settings");
    let (status, answer) = app.request("POST", "/poll").await.unwrap();
    assert_eq!(status, 500, "{answer}");
    let (status, answer) = app.request("POST", "/poll/acme").await.unwrap();
    assert_eq!((status, &answer["delivered"]), (200, &EVENTS.into()), "{answer}");
    assert!(world.stored("checkpoint/acme").is_some());
    assert_eq!(world.stored("checkpoint/default"), None);
}
