//! Exports of the world that perform the attacks. With the settings `good`, each poll returns one record instead.
#![allow(unsafe_code)] // For the generated exports.

use std::cell::RefCell;

use crate::attack::attack;
use crate::bindings;
use crate::bindings::exports::etl::connector::source::{
    Batch, Configuration, Descriptor, Error, Event, Finding, Guest, Next, Stats,
};

thread_local! {
    static STATE: RefCell<(String, String, u64)> = const { RefCell::new((String::new(), String::new(), 0)) };
}

struct Hostile;

bindings::export!(Hostile with_types_in bindings);

impl Guest for Hostile {
    fn describe() -> Descriptor {
        Descriptor {
            name: "hostile".into(),
            version: "0".into(),
            settings_schema: "{}".into(),
            record_schema: "{}".into(),
            // Claims hosts that it is not allowed to reach.
            allowed_hosts: vec!["https://evil.example".into(), "http://127.0.0.1:1".into()],
        }
    }

    fn configure(config: Configuration) -> Result<(), Error> {
        let secret = config.secrets.into_iter().next().map_or(String::new(), |secret| secret.value);
        let polls = config.checkpoint.and_then(|text| text.parse().ok()).unwrap_or(0);
        let settings = config.settings.trim_matches('"').to_owned();
        STATE.set((settings, secret, polls));
        Ok(())
    }

    fn check() -> Result<Vec<Finding>, Error> {
        Ok(Vec::new())
    }

    fn read_batch(_: u32) -> Result<Batch, Error> {
        let (settings, secret, polls) = STATE.take();
        STATE.set((settings.clone(), secret.clone(), polls + 1));
        let (name, url) = settings.split_once(' ').unwrap_or((&settings, ""));
        if let Some(outcome) = attack(name, url, &secret) {
            return Err(Error::Protocol(outcome));
        }
        let record = Event {
            id: format!("event-{polls}"),
            occurred_at: "2026-01-01T00:00:00Z".into(),
            kind: "GOOD".into(),
            payload: format!("{{\"poll\":{polls}}}"),
        };
        let notes = vec!["a note\n2026 ERROR that forges a line".into()];
        let stats = Stats {
            requests: 0,
            points: 0,
            repeats: 0,
            excluded: 0,
            null_nodes: 0,
            newest: None,
            notes,
        };
        Ok(Batch { records: vec![record], next: Next::Idle(1), stats })
    }

    fn checkpoint() -> Result<String, Error> {
        Ok(STATE.with_borrow(|(_, _, polls)| polls.to_string()))
    }
}
