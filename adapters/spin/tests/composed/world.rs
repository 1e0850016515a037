//! An application with its own fake Buildkite, collector and database.

use crate::collector::Collector;
use crate::crash::Crash;
use crate::host::{App, Variables};
use crate::keyvalue::KeyValue;
use fake_buildkite::{FakeBuildkite, Options};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// Number of events in the audit log.
pub const EVENTS: u64 = 120;
/// Number of events per page and per batch.
pub const PAGE: u64 = 20;

/// An application with its own fake Buildkite and collector.
pub struct World {
    pub fake: FakeBuildkite,
    pub collector: Collector,
    pub app: App,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn start() -> Self {
        Self::with(None).await
    }

    /// Starts an application with the transform composed in, and these settings for it.
    pub async fn transformed(settings: Value) -> Self {
        Self::with(Some(settings)).await
    }

    async fn with(transform: Option<Value>) -> Self {
        let options = Options { events: EVENTS, ..Options::default() };
        let slug = options.slug.clone();
        let fake = FakeBuildkite::start(options).await.unwrap();
        let crash = Crash::default();
        let (collector, sink_url) = Collector::start(crash.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let mut settings = serde_json::json!({
            "org_slug": slug, "endpoint": fake.endpoint(), "page_size": PAGE,
            "backfill_start_time": "2024-12-31T00:00:00Z", "poll_interval_seconds": 1,
        });
        let is_transformed = transform.is_some();
        if let Some(transform) = transform {
            settings["transform"] = transform;
        }
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
        let app = App { variables, allowed, database, crash, is_transformed };
        Self { fake, collector, app, _folder: folder }
    }

    pub async fn poll(&self) -> (u16, Value) {
        self.app.request("POST", "/poll").await.unwrap()
    }

    /// Polls until everything is read, at most twice as often as there are pages.
    pub async fn poll_to_idle(&self) {
        for _ in 0..2 * EVENTS / PAGE {
            let (_, answer) = self.poll().await;
            if answer["ended"] == "idle" {
                return;
            }
        }
        panic!("the source is not idle after all polls");
    }

    pub fn stored(&self, key: &str) -> Option<Vec<u8>> {
        KeyValue::open(&self.app.database, Crash::default())
            .value(key)
            .filter(|value| !key.starts_with("checkpoint/") || *value != [0; 8])
    }

    /// Returns how often each event was received, by its UUID.
    pub fn received(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for line in self.collector.lines() {
            let event: Value = serde_json::from_str(&line).unwrap();
            let places = [&event["uuid"], &event["metadata"]["uid"], &event["event"]["id"]];
            let uuid = places.into_iter().find_map(Value::as_str).unwrap();
            *counts.entry(uuid.to_owned()).or_default() += 1;
        }
        counts
    }

    /// Asserts that every event was received, and returns the number of repeats.
    pub fn assert_all_received(&self) -> u64 {
        let received = self.received();
        let truth: HashSet<String> =
            self.fake.truth().into_iter().map(|truth| truth.uuid).collect();
        assert_eq!(
            received.keys().cloned().collect::<HashSet<_>>(),
            truth,
            "events lost or invented"
        );
        received.values().sum::<u64>() - truth.len() as u64
    }

    /// Ends a lease left by a killed poll, as the passing of time would.
    pub fn expire(&self) {
        KeyValue::open(&self.app.database, Crash::default())
            .put("lease/default", &1u64.to_le_bytes());
    }
}
