//! Configs and tokens of tenants follow the same rules as those of the operator.

use fake_buildkite::{Options, SLUG};
use host_kit::Tenants;
use host_kit::{assert_same, stderr, stdout};
use serde_json::json;

#[test]
fn the_files_of_tenants_are_read_like_those_of_the_operator() {
    let all = Tenants::with(Options { events: 3, ..Options::default() });
    let config = json!({"settings": {"org_slug": SLUG, "endpoint": all.0.fake.endpoint(),
                        "backfill_start_time": "2024-12-31T00:00:00Z"},
                        "secrets": {"api_token": {"file": "token"}}});
    let config = config.to_string();
    let token = host_kit::TOKEN;
    let twice = config.replace("{\"org_slug\":", "{\"org_slug\":\"other\",\"org\\u005fslug\":");
    assert_ne!(twice, config);
    for (tenant, config, token, message) in [
        ("bom", format!("\u{feff}{config}"), format!("\u{feff}{token}\r\n\n"), ""),
        ("twice", twice, token.to_owned(), "config.json: duplicate key settings.org_slug"),
        (
            "secret",
            config.replace("\"secrets\"", "\"secrets\":{},\"secrets\""),
            token.to_owned(),
            "config.json: duplicate key secrets",
        ),
        ("yaml", "settings:\n  org_slug: x\n".to_owned(), token.to_owned(), "YAML"),
        ("comment", format!("// ours\n{config}"), token.to_owned(), "comment"),
        (
            "quoted",
            config.clone(),
            format!("'{token}'"),
            "the token in token is in quotation marks",
        ),
        ("bearer", config.clone(), format!("Bearer {token}"), "such as Bearer"),
        ("named", config.clone(), format!("TOKEN={token}"), "NAME=VALUE"),
        ("short", config.clone(), "test\n".to_owned(), "shorter than 16"),
    ] {
        let folder = all.folder(tenant);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("config.json"), config).unwrap();
        std::fs::write(folder.join("token"), token).unwrap();
        let output = all.command("--until-idle").output().unwrap();
        let (state, error) = all.status(tenant);
        assert!(error.contains(message), "{tenant}: {state}: {error}");
        let log = stderr(&output) + &stdout(&output);
        assert!(!error.contains(host_kit::TOKEN) && !log.contains(host_kit::TOKEN), "{tenant}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
    assert_same(&all.got("bom"), &all.0.truth());
}
