//! Folders for tenants and their outputs, and the command that runs the tenants.

use std::path::PathBuf;
use std::process::Command;

use fake_buildkite::{Options, SLUG};
use serde_json::{Value, json};

use crate::compare::uuids;
use crate::world::{TOKEN, World, stdout};

/// A world with folders for tenants and their outputs.
pub struct Tenants(pub World);

impl Tenants {
    /// Returns a world with these options and no tenant.
    pub fn with(options: Options) -> Self {
        let world = World::with(options);
        std::fs::create_dir(world.path("dir")).unwrap();
        std::fs::create_dir(world.path("out")).unwrap();
        Self(world)
    }

    /// Adds a tenant. `settings` are added to its slug, endpoint and start of the backfill.
    pub fn add(&self, tenant: &str, settings: Value) {
        let mut all = json!({"org_slug": SLUG, "endpoint": self.0.fake.endpoint(),
                             "backfill_start_time": "2024-12-31T00:00:00Z"});
        for (key, value) in settings.as_object().unwrap() {
            all[key] = value.clone();
        }
        self.write(tenant, &json!({"settings": all, "secrets": {"api_token": {"file": "token"}}}));
    }

    /// Writes the config of a tenant.
    pub fn write(&self, tenant: &str, config: &Value) {
        let folder = self.folder(tenant);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("token"), TOKEN).unwrap();
        // Replaces the old file with a new one, as editors do.
        std::fs::write(folder.join("new"), config.to_string()).unwrap();
        std::fs::rename(folder.join("new"), folder.join("config.json")).unwrap();
    }

    /// Returns the folder of a tenant.
    pub fn folder(&self, tenant: &str) -> PathBuf {
        self.0.path("dir").join(tenant)
    }

    /// Returns the command that runs all tenants.
    pub fn command(&self, more: &str) -> Command {
        let allowed = self.0.fake.endpoint().replace("/v1", "");
        let line = format!("tenants --dir dir --output-dir out --allow-host {allowed} {more}");
        self.0.command(&line)
    }

    /// Returns the UUIDs in the output of a tenant.
    pub fn got(&self, tenant: &str) -> Vec<String> {
        let name = self.0.path(&format!("out/{tenant}.ndjson"));
        let text = std::fs::read_to_string(name).unwrap_or_default();
        // While the command runs, the last line may be incomplete. If it stays incomplete, its record is missing.
        uuids(&text[..text.rfind('\n').map_or(0, |end| end + 1)])
    }

    /// Returns the state of a tenant and its last error.
    pub fn status(&self, tenant: &str) -> (String, String) {
        let output = self.0.host("tenants status --dir dir --json");
        let all: Value = serde_json::from_str(&stdout(&output)).unwrap_or_default();
        let rows = all["tenants"].as_array().cloned().unwrap_or_default();
        let row = rows.into_iter().find(|row| row["tenant"] == tenant).unwrap_or_default();
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("last_error"))
    }
}
