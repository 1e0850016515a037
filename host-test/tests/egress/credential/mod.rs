//! Credentials that renew themselves: tokens of portals, tokens exchanged for assertions, signed requests, and files that
//! change. `EVENTS=100000` reads more events.

mod refused;
mod renewed;

use fake_buildkite::{Accounts, Application, Options, PORTAL, PortalSecret, PublicKey, SLUG};
use host_kit::keys::{EC, RSA, ec, rsa};
use host_kit::{Running, World, all_files, assert_same, stderr, stdout, until};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PORTAL_ID: &str = "0190a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b";
const PORTAL_SECRET: &str = "bkps_5ecre7f00dcafe5ecre7f00dcafe5ecre7f00d";
const APPLICATION: &str = "0123456789abcdef0123";
const TOKEN_ID: &str = "0190a1b2-c3d4-4e5f-8a9b-ffffffffffff";
const EMAIL: &str = "ana@example.com";

/// How long minted tokens live here. The shortest that Buildkite's applications can set is 30 s.
const LIFE: Duration = Duration::from_secs(2);

/// Returns the number of events, of which 100 are read per request.
fn events() -> u64 {
    std::env::var("EVENTS").map_or(1_000, |text| text.parse().expect("a number"))
}

fn accounts() -> Accounts {
    let (client_id, secret) = (PORTAL_ID.to_owned(), PORTAL_SECRET.to_owned());
    let application =
        |key| Application { client_id: APPLICATION.to_owned(), subject: EMAIL.to_owned(), key };
    Accounts {
        portal: Some(PortalSecret { client_id, secret }),
        application: Some(application(ec())),
        public_key: Some(PublicKey { token_uuid: TOKEN_ID.to_owned(), key: rsa() }),
        life_ms: u64::try_from(LIFE.as_millis()).unwrap(),
        ends: None,
    }
}

/// Returns a world whose folder has the private keys and the portal's secret.
fn world(accounts: Accounts) -> World {
    let world = World::with(Options { events: events(), accounts, ..Options::default() });
    for (name, text) in [("rsa.pem", RSA), ("ec.pem", EC), ("secret", PORTAL_SECRET)] {
        std::fs::write(world.path(name), text).unwrap();
    }
    world
}

/// Writes a config with this `api_token`. It makes two requests per second, so that a run takes longer than a token
/// lives.
fn config(world: &World, endpoint: &str, api_token: &Value) {
    let rate = json!({"rate": if events() > 1_000 { 100_000 } else { 2 }, "unit": "second"});
    world.whole_config(&json!({
        "settings": {
            "org_slug": SLUG, "endpoint": endpoint, "backfill_start_time": "2024-12-31T00:00:00Z",
            "page_size": 100, "rate_limit": rate,
        },
        "secrets": {"api_token": api_token},
    }));
}

fn portal() -> Value {
    json!({"portal": {"client_id": PORTAL_ID, "secret": {"file": "secret"}}})
}

fn oauth(world: &World, key: &str) -> Value {
    let url = format!("http://{}/oauth/token", world.fake.address());
    json!({"oauth": {
        "client_id": APPLICATION, "subject": EMAIL, "key": {"file": key}, "url": url,
    }})
}

fn public_key() -> Value {
    json!({"public_key": {"token_uuid": TOKEN_ID, "key": {"file": "rsa.pem"}}})
}

const RUN: &str = "run --config c.json --output o.ndjson --until-idle";

/// Reads everything, and checks the number of tokens and that nothing shows a secret.
fn reads_everything(world: &World, mints: bool) {
    let begun = Instant::now();
    let output = world.command(RUN).env("RUST_LOG", "trace").output().unwrap();
    let took = begun.elapsed();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_same(&world.in_file("o.ndjson"), &world.truth());
    let asked = world.fake.token_requests();
    // Tokens are renewed a little before they end.
    let periods = took.as_secs_f64() / (LIFE.as_secs_f64() * 0.8);
    let most = if mints { periods as usize + 1 } else { 0 };
    assert!(asked.len() <= most && asked.is_empty() != mints, "{asked:?} in {took:?}");
    assert!(world.fake.late_uses_max() <= 1);
    println!("{} events in {took:?}, {} tokens", events(), asked.len());
    let mut secrets = world.fake.minted();
    secrets.extend([PORTAL_SECRET.to_owned(), "eyJ".to_owned()]);
    // A line of each key.
    secrets.extend([RSA, EC].map(|key| key.lines().nth(1).unwrap().to_owned()));
    for (path, bytes) in all_files(world.folder.path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !["rsa.pem", "ec.pem", "secret"].contains(&name.as_str()) {
            clean(&name, &bytes, &secrets);
        }
    }
    clean("standard output", &output.stdout, &secrets);
    clean("standard error", &output.stderr, &secrets);
}

fn clean(name: &str, bytes: &[u8], secrets: &[String]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in secrets {
        assert!(!text.contains(secret), "{name} shows {secret}");
    }
}
