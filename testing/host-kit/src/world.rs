//! A folder with a config, a fake Buildkite, and the real command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fake_buildkite::{FakeBuildkite, Options};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::compare::uuids;

/// Returns the path of the command under test, which cargo builds for the tests of `host-test`.
pub fn host() -> String {
    std::env::var("CARGO_BIN_EXE_host-test").expect("set by `cargo test -p host-test`")
}

/// Returns the folder in which all tests cache the compiled component: cargo's folder for files that tests write.
fn cache() -> PathBuf {
    let host = PathBuf::from(host());
    host.ancestors().nth(2).expect("the target folder").join("tmp")
}

/// A token that is easy to find wherever it should not be.
pub const TOKEN: &str = "bkua_5ecre7f00dcafe5ecre7f00dcafe5ecre7f00dca";

/// A fake Buildkite, and a folder whose config names it.
pub struct World {
    /// The runtime of the fake.
    pub runtime: Runtime,
    /// The fake.
    pub fake: FakeBuildkite,
    /// The folder.
    pub folder: TempDir,
}

impl World {
    /// Returns a world with this many events.
    pub fn new(events: u64) -> Self {
        Self::with(Options { events, ..Options::default() })
    }

    /// Returns a world with these options, except for the token.
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

    /// Returns the path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a config. `settings` are added to its slug and endpoint.
    pub fn config(&self, settings: Value) {
        let mut all = json!({"org_slug": fake_buildkite::SLUG, "endpoint": self.fake.endpoint()});
        for (key, value) in settings.as_object().unwrap() {
            all[key] = value.clone();
        }
        self.whole_config(&json!({
            "settings": all, "secrets": {"api_token": {"file": "token"}}
        }));
    }

    /// Writes this config, with nothing added.
    pub fn whole_config(&self, config: &Value) {
        std::fs::write(self.path("c.json"), config.to_string()).unwrap();
    }

    /// Returns the command with these arguments, in the folder, without this process's `RUST_LOG`.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(host());
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            // The component is compiled once for all tests, and not into the user's cache.
            .env("XDG_CACHE_HOME", cache())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the command until it ends.
    pub fn host(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs the command and asserts that it succeeds.
    pub fn good(&self, line: &str) -> Output {
        let output = self.host(line);
        assert!(output.status.success(), "{line}: {}", stderr(&output));
        output
    }

    /// Runs the command and asserts its exit code. Returns its standard error.
    pub fn bad(&self, line: &str, code: i32) -> String {
        let output = self.host(line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", stderr(&output));
        stderr(&output)
    }

    /// Returns the UUIDs of all events of the fake.
    pub fn truth(&self) -> Vec<String> {
        self.fake.uuids()
    }

    /// Returns the UUIDs in an output file, which must consist of whole lines.
    pub fn in_file(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "the last line is torn");
        uuids(&text)
    }

    /// Returns the UUIDs in an output database.
    pub fn in_sqlite(&self, name: &str) -> Vec<String> {
        let database = rusqlite::Connection::open(self.path(name)).unwrap();
        let mut query = database.prepare("SELECT uuid FROM events").unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

/// Returns standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Copies a file of the world, as a backup does.
pub fn copy(world: &World, from: &str, to: &str) {
    std::fs::copy(world.path(from), world.path(to)).unwrap();
}

/// Replaces a file with a copy, which has another inode.
pub fn put_back(world: &World, copy: &str, name: &str) {
    std::fs::rename(world.path(copy), world.path(name)).unwrap();
}

/// Returns the path and the bytes of each file directly in a folder.
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
