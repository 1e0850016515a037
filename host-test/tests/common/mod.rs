//! Shared by the tests: a folder with a config, a fake Buildkite, and the real command.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::panic)]

use fake_buildkite::{FakeBuildkite, Options};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The command under test.
pub const HOST: &str = env!("CARGO_BIN_EXE_host-test");

/// A token that is easy to find anywhere it should not be.
pub const TOKEN: &str = "bkua_5ecre7f00dcafe5ecre7f00dcafe5ecre7f00dca";

/// Maximum wait of a test for anything. Waits usually end in well under a second.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct World {
    pub runtime: Runtime,
    pub fake: FakeBuildkite,
    pub folder: TempDir,
}

impl World {
    pub fn new(events: u64) -> Self {
        Self::with(Options { events, ..Options::default() })
    }

    pub fn with(options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options { token: TOKEN.to_owned(), ..options };
        let fake = runtime.block_on(FakeBuildkite::start(options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let world = Self { runtime, fake, folder };
        std::fs::write(world.path("token"), format!("{TOKEN}\n")).unwrap();
        world.config(json!({"backfill_start_time": "2024-12-31T00:00:00Z"}));
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the config. `settings` are added to the slug and the endpoint.
    pub fn config(&self, settings: Value) {
        let mut all = json!({"org_slug": fake_buildkite::SLUG, "endpoint": self.fake.endpoint()});
        for (key, value) in settings.as_object().unwrap() {
            all[key] = value.clone();
        }
        self.whole_config(&json!({
            "settings": all, "secrets": {"api_token": {"file": "token"}}
        }));
    }

    pub fn whole_config(&self, config: &Value) {
        std::fs::write(self.path("c.json"), config.to_string()).unwrap();
    }

    /// Returns the command, in the folder, without this process's settings for logs.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(HOST);
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            // Compiled once for all tests, and not into the cache of the user.
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn host(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs a line and asserts that it succeeds.
    pub fn good(&self, line: &str) -> Output {
        let output = self.host(line);
        assert!(output.status.success(), "{line}: {}", stderr(&output));
        output
    }

    /// Runs a line and asserts its exit code. Returns its standard error.
    pub fn bad(&self, line: &str, code: i32) -> String {
        let output = self.host(line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", stderr(&output));
        stderr(&output)
    }

    pub fn truth(&self) -> Vec<String> {
        self.fake.uuids()
    }

    /// Returns the uuids in an output file, which must consist of whole lines.
    pub fn in_file(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "the last line is torn");
        uuids(&text)
    }

    /// Returns the uuids in an output database.
    pub fn in_sqlite(&self, name: &str) -> Vec<String> {
        let database = rusqlite::Connection::open(self.path(name)).unwrap();
        let mut query = database.prepare("SELECT uuid FROM events").unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

pub fn uuids(lines: &str) -> Vec<String> {
    lines
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            value["uuid"].as_str().unwrap().to_owned()
        })
        .collect()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns how many of `wanted` are missing from `got`, and how many in `got` are repeated or not wanted.
pub fn difference(got: &[String], wanted: &[String]) -> (usize, usize) {
    let mut count: HashMap<&str, i64> = HashMap::new();
    got.iter().for_each(|uuid| *count.entry(uuid).or_default() += 1);
    wanted.iter().for_each(|uuid| *count.entry(uuid).or_default() -= 1);
    let missing = count.values().filter(|count| **count < 0).count();
    let repeated = count.values().filter(|count| **count > 0).count();
    (missing, repeated)
}

/// Asserts that two lists hold the same items, equally often.
pub fn assert_same(got: &[String], wanted: &[String]) {
    let sizes = (got.len(), wanted.len());
    assert_eq!(difference(got, wanted), (0, 0), "missing, too many; sizes {sizes:?}");
}

/// Waits until a condition becomes true.
pub fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < end, "timed out waiting for: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A child process that is killed when the value is dropped.
pub struct Running(pub Child);

impl Running {
    pub fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Sends a signal by name and waits for the end. Returns the exit code.
    pub fn signal(mut self, name: &str) -> Option<i32> {
        let id = self.0.id().to_string();
        Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        self.0.wait().unwrap().code()
    }

    /// Waits for a line of standard error that contains `text`.
    pub fn says(&mut self, text: &str) {
        let lines = BufReader::new(self.0.stderr.take().unwrap());
        let mut lines = lines.lines();
        // Bounded by the lifetime of the child.
        while let Some(Ok(line)) = lines.next() {
            if line.contains(text) {
                // Keeps reading, or the child would block on a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return;
            }
        }
        panic!("it ended without logging: {text}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns everything below a folder, as bytes.
pub fn all_files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    files
}
