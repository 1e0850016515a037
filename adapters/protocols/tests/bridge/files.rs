//! The files for registries agree with the component.

use buildkite_audit_logs::settings::schema::SETTINGS_SCHEMA;
use serde_json::Value;
use std::path::Path;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_meltano_plugin_has_every_setting_with_its_kind() {
    let text = read("singer/meltano.yml");
    let plugin = text.split("  loaders:").next().unwrap();
    let mut of_plugin: Vec<(String, &str)> = Vec::new();
    for line in plugin.lines().skip_while(|line| line.trim() != "settings:") {
        if let Some(name) = line.trim().strip_prefix("- name: ") {
            of_plugin.push((name.to_owned(), "string"));
        } else if let Some(kind) = line.trim().strip_prefix("kind: ") {
            of_plugin.last_mut().unwrap().1 = kind;
        }
    }
    let schema: Value = serde_json::from_str(SETTINGS_SCHEMA).unwrap();
    let mut wanted = Vec::new();
    for (name, property) in schema["properties"].as_object().unwrap() {
        let kind = match (property["type"].as_str(), property["format"].as_str()) {
            (_, Some("date-time")) => "date_iso8601",
            (Some(kind), _) => kind,
            (None, _) => "string",
        };
        wanted.push((name.clone(), kind));
    }
    wanted.insert(1, ("api_token".to_owned(), "string"));
    wanted.push(("transform".to_owned(), "object"));
    assert_eq!(of_plugin, wanted);
}

#[test]
fn airbytes_metadata_and_image_have_the_version_and_the_hosts() {
    let metadata = read("airbyte/metadata.yaml");
    let version = env!("CARGO_PKG_VERSION");
    assert!(metadata.contains(&format!("dockerImageTag: {version}\n")));
    let image = read("airbyte/Dockerfile");
    assert!(image.contains(&format!("io.airbyte.version={version}\n")));
    assert!(image.contains(&format!("source-buildkite-audit-logs:{version} .\n")));
    let toolchain = read("../../rust-toolchain.toml");
    assert!(toolchain.contains("1.95.0") && image.contains("FROM rust:1.95-alpine"));
    let host = url_host(buildkite_audit_logs::settings::endpoint::DEFAULT);
    assert!(metadata.contains(&format!("    hosts:\n      - {host}\n")), "{host}");
    assert!(metadata.contains("icon: icon.svg") && read("airbyte/icon.svg").starts_with("<svg"));
}

fn url_host(url: &str) -> &str {
    url.split('/').nth(2).unwrap()
}
