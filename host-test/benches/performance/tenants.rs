//! Measures the cost of an idle tenant: many of them in one process, each of which polls the fake Buildkite at an
//! interval. The variables `TENANTS` (10000 by default) and `MINUTES` (2 by default) can be set.

use crate::process::{cpu, memory};
use crate::report::{Plot, Section};
use fake_buildkite::{Accounts, FakeBuildkite, Options, PortalSecret, SLUG};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Maximum delay of a poll: tenants take their turns one after another.
const LATE: Duration = Duration::from_secs(5);

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The UUID and the secret of the portal.
const CLIENT_ID: &str = "0190a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b";
const SECRET: &str = "bkps_0123456789abcdef0123456789abcdef01234567";

/// The credential of each tenant.
#[derive(Clone, Copy)]
enum Kind {
    /// A token.
    Token,
    /// A portal's secret, for which the portal mints tokens.
    Portal,
}

/// The command, running with many tenants.
struct Run {
    folder: TempDir,
    child: Child,
}

impl Run {
    fn start(fake: &FakeBuildkite, tenants: u64, interval_s: u64, credential: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (dir, out) = (folder.path().join("dir"), folder.path().join("out"));
        std::fs::create_dir(&dir).unwrap();
        std::fs::create_dir(&out).unwrap();
        let file = json!({"file": "token"});
        let (endpoint, api_token, secret) = match credential {
            Kind::Token => (fake.endpoint(), file, fake.token()),
            Kind::Portal => {
                let portal = json!({"portal": {"client_id": CLIENT_ID, "secret": file}});
                (fake.portal(), portal, SECRET)
            }
        };
        let config = json!({
            "settings": {"org_slug": SLUG, "endpoint": endpoint,
                         "poll_interval_seconds": interval_s},
            "secrets": {"api_token": api_token},
        });
        for number in 0..tenants {
            let tenant = dir.join(format!("tenant-{number}"));
            std::fs::create_dir(&tenant).unwrap();
            std::fs::write(tenant.join("config.json"), config.to_string()).unwrap();
            std::fs::write(tenant.join("token"), secret).unwrap();
        }
        let child = Command::new(env!("CARGO_BIN_EXE_host-test"))
            .arg("tenants")
            .arg("--dir")
            .arg(dir)
            .arg("--output-dir")
            .arg(out)
            .args(["--allow-host", &fake.endpoint().replace("/v1", "")])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, child }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("dir.state.sqlite")
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns how many tenants are idle, and how many seconds ago the least recent poll was.
fn idle(state: &Path) -> Option<(u64, f64)> {
    let database = rusqlite::Connection::open(state).ok()?;
    database.busy_timeout(Duration::from_secs(10)).ok()?;
    let sql = "SELECT count(*), max(unixepoch('now', 'subsec') - unixepoch(stored_at, 'subsec')) \
               FROM tenant WHERE state = 'idle'";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}

/// Waits until all tenants have been polled once.
fn settle(run: &Run, tenants: u64) {
    while idle(&run.state()).is_none_or(|(count, _)| count < tenants) {
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The cost of this many tenants, once each has been polled.
struct Cost {
    memory: u64,
    cpu_ms_per_poll: f64,
    cores: f64,
    polls_per_tenant: f64,
    oldest_s: f64,
}

fn cost(
    fake: &FakeBuildkite,
    tenants: u64,
    interval_s: u64,
    seconds: u64,
    credential: Kind,
) -> Cost {
    let run = Run::start(fake, tenants, interval_s, credential);
    settle(&run, tenants);
    let id = run.child.id();
    let asked = || fake.requests().last().map_or(0, |seen| seen.number);
    let (asked_before, cpu_before, since) = (asked(), cpu(id).unwrap(), Instant::now());
    let (mut most, mut oldest_s) = (0, 0.0_f64);
    while since.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(Duration::from_secs(2));
        most = most.max(memory(id).unwrap());
        oldest_s = oldest_s.max(idle(&run.state()).unwrap().1);
    }
    let polls = (asked() - asked_before) as f64;
    let spent = (cpu(id).unwrap() - cpu_before).as_secs_f64();
    let elapsed = since.elapsed().as_secs_f64();
    Cost {
        memory: most,
        cpu_ms_per_poll: 1e3 * spent / polls,
        cores: spent / elapsed,
        polls_per_tenant: polls * interval_s as f64 / elapsed / tenants as f64,
        oldest_s,
    }
}

/// Measures tenants that get their tokens from portals. `memory` is that of tenants with stored tokens.
fn portals(fake: &FakeBuildkite, tenants: u64, seconds: u64, memory: u64) -> [[String; 3]; 2] {
    let all = cost(fake, tenants, 60, seconds, Kind::Portal);
    let asked = fake.token_requests();
    let seconds = asked.chunk_by(|a, b| a.0 / 1_000 == b.0 / 1_000);
    let busiest = seconds.map(<[_]>::len).max().unwrap_or(0);
    let more = (all.memory as f64 - memory as f64) / tenants as f64 / 1e3;
    [
        [
            "with tokens of portals: more resident memory per tenant".into(),
            format!("{more:.1} kB"),
            "≤ 4 kB".into(),
        ],
        [
            "with tokens of portals: requests for tokens per tenant, and in the busiest second"
                .into(),
            format!("{:.3}, {busiest}", asked.len() as f64 / tenants as f64),
            "1, spread".into(),
        ],
    ]
}

pub fn section() -> Section {
    let (tenants, minutes) = (number("TENANTS", 10_000), number("MINUTES", 2));
    let runtime = Runtime::new().unwrap();
    let portal = PortalSecret { client_id: CLIENT_ID.into(), secret: SECRET.into() };
    let accounts = Accounts { portal: Some(portal), ..Accounts::default() };
    let options = Options { accounts, ..Options::default() };
    let fake = runtime.block_on(FakeBuildkite::start(options)).unwrap();
    // Fewer tenants are polled more often, so that there is something to measure.
    let few = [(1, 1), (100, 1), (1_000, 10)]
        .map(|(count, interval)| (count, cost(&fake, count, interval, 20, Kind::Token)));
    let all = cost(&fake, tenants, 60, 60 * minutes, Kind::Token);
    let each = all.memory.saturating_sub(few[0].1.memory) as f64 / tenants as f64 / 1e3;
    let is_missed = all.oldest_s > 60.0 + LATE.as_secs_f64();
    let mut rows = vec![
        [
            format!("resident memory per tenant, of {tenants} idle tenants"),
            format!("{each:.1} kB"),
            "≤ 200 kB".into(),
        ],
        [
            "resident memory of all tenants, and of a single one".into(),
            format!("{} MiB, {} MiB", all.memory >> 20, few[0].1.memory >> 20),
            String::new(),
        ],
        [
            "polls per tenant and interval".into(),
            format!("{:.3}", all.polls_per_tenant),
            "1".into(),
        ],
        [
            "longest time since a tenant's last poll".into(),
            format!("{:.1} s{}", all.oldest_s, if is_missed { " (a poll was missed)" } else { "" }),
            "60 s plus one turn".into(),
        ],
        [
            "CPU time per poll".into(),
            format!("{:.2} ms, {:.2} cores", all.cpu_ms_per_poll, all.cores),
            "≤ 2 cores".into(),
        ],
    ];
    rows.extend(portals(&fake, tenants, 60 * minutes, all.memory));
    let mut points: Vec<(f64, f64)> =
        few.iter().map(|(count, cost)| (*count as f64, cost.cpu_ms_per_poll)).collect();
    points.push((tenants as f64, all.cpu_ms_per_poll));
    Section {
        title: "Idle tenants",
        about: "`host-test tenants` polls each tenant once a minute. The fake Buildkite runs on the same machine.",
        rows,
        plots: vec![Plot {
            file: "tenants-scale.svg",
            title: "Cost per poll, by number of tenants",
            across: "tenants",
            up: "CPU time in ms",
            is_logarithmic: true,
            lines: vec![("CPU time per poll", points)],
        }],
    }
}
