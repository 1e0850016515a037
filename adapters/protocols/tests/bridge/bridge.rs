//! The program, its files, and what it printed.

use fake_buildkite::Options;
use host_kit::{TOKEN, World};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What the program printed.
pub struct Ran {
    pub messages: Vec<Value>,
    pub code: Option<i32>,
    pub stderr: String,
}

/// A fake Buildkite, and the files that the program gets.
pub struct Bridge(pub World);

impl Bridge {
    pub fn new(events: u64) -> Self {
        Self::with(Options { events, ..Options::default() })
    }

    pub fn with(options: Options) -> Self {
        let bridge = Self(World::with(options));
        bridge.config(json!({}));
        bridge.write("catalog.json", &catalog("incremental"));
        // As PyAirbyte passes it when there is none.
        bridge.write("state.json", &json!([]));
        bridge
    }

    /// Writes a config. `settings` are added to the usual ones.
    pub fn config(&self, settings: Value) {
        let mut all = json!({
            "org_slug": fake_buildkite::SLUG,
            "api_token": TOKEN,
            "endpoint": self.0.fake.endpoint(),
            "backfill_start_time": "2024-12-31T00:00:00Z",
        });
        for (key, value) in settings.as_object().unwrap() {
            all[key] = value.clone();
        }
        self.write("config.json", &all);
    }

    pub fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.0.path(name), value.to_string()).unwrap();
    }

    /// Returns the program with these arguments. `tap` runs it as a Singer tap.
    pub fn command(&self, line: &str) -> Command {
        let (path, line) = match line.strip_prefix("tap") {
            Some(line) => (self.tap(), line),
            None => (program().to_owned(), line),
        };
        let mut command = Command::new(path);
        command
            .args(line.split_whitespace())
            .current_dir(self.0.folder.path())
            .env_remove("RUST_LOG")
            .env("XDG_CACHE_HOME", program().ancestors().nth(2).unwrap().join("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, line: &str) -> Ran {
        ran(&self.command(line).output().unwrap())
    }

    /// Runs a command that has to succeed.
    pub fn good(&self, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, Some(0), "{line}: {:?} {}", ran.messages.last(), ran.stderr);
        ran
    }

    /// Syncs as Airbyte does, from the last state. Returns the UUIDs.
    pub fn sync(&self) -> Vec<String> {
        let ran = self.good("read --config config.json --catalog catalog.json --state state.json");
        self.keep(&ran);
        ran.uuids()
    }

    /// Keeps the last state, if there is one.
    pub fn keep(&self, ran: &Ran) {
        let states = ran.of("STATE").map(|message| &message["state"]);
        if let Some(state) = states.last() {
            self.write("state.json", &json!([state]));
        }
    }

    fn tap(&self) -> PathBuf {
        let tap = self.0.path("tap-buildkite-audit-logs");
        let _ = std::os::unix::fs::symlink(program(), &tap);
        tap
    }
}

impl Ran {
    /// Returns the messages of a type.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.messages.iter().filter(move |message| message["type"] == kind)
    }

    /// Returns the UUIDs of the records.
    pub fn uuids(&self) -> Vec<String> {
        let records = self.of("RECORD").map(|message| match &message["record"]["data"] {
            data if message["record"].get("emitted_at").is_some() => &data["uuid"],
            _ => &message["record"]["uuid"],
        });
        records.map(|uuid| uuid.as_str().unwrap().to_owned()).collect()
    }

    /// Returns the statuses of the stream.
    pub fn statuses(&self) -> Vec<&str> {
        let traces = self.of("TRACE").map(|message| &message["trace"]["stream_status"]["status"]);
        traces.filter_map(Value::as_str).collect()
    }

    /// Returns the only error.
    pub fn error(&self) -> &Value {
        let errors: Vec<_> = self.of("TRACE").map(|message| &message["trace"]["error"]).collect();
        let errors: Vec<_> = errors.into_iter().filter(|error| error.is_object()).collect();
        assert_eq!(errors.len(), 1, "{:?}", self.messages);
        errors[0]
    }
}

/// Reads what the program printed. Each line is a message, even for a reader that splits lines as Python does.
pub fn ran(output: &Output) -> Ran {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is torn");
    let breaks =
        ['\u{b}', '\u{c}', '\r', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
    assert!(!text.contains(breaks), "a line that some readers split");
    Ran {
        messages: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        code: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_source-buildkite-audit-logs"))
}

/// Returns a configured catalog with our stream.
pub fn catalog(mode: &str) -> Value {
    json!({"streams": [{
        "stream": {"name": "audit_events", "json_schema": {}, "supported_sync_modes": [mode]},
        "sync_mode": mode,
        "destination_sync_mode": "append",
    }]})
}
