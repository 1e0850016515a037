//! Configs and tokens of tenants follow the same rules as those of the operator.

use fake_buildkite::{Accounts, Options, PortalSecret, SLUG};
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

#[test]
fn a_tenant_gets_tokens_with_a_secret_in_its_own_folder() {
    let (id, secret) =
        ("0190a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b", "bkps_5ecre7f00dcafe5ecre7f00dcafe5ecre7f00d");
    let portal = PortalSecret { client_id: id.to_owned(), secret: secret.to_owned() };
    let accounts = Accounts { portal: Some(portal), ..Accounts::default() };
    let all = Tenants::with(Options { events: 30, accounts, ..Options::default() });
    let config = |file: serde_json::Value| {
        json!({
            "settings": {"org_slug": SLUG, "endpoint": all.0.fake.portal(),
                         "backfill_start_time": "2024-12-31T00:00:00Z"},
            "secrets": {"api_token": {"portal": {"client_id": id, "secret": file}}},
        })
    };
    for tenant in ["good", "other-url"] {
        all.write(tenant, &config(json!({"file": "secret"})));
        std::fs::write(all.folder(tenant).join("secret"), secret).unwrap();
    }
    all.write("outside", &config(json!({"file": "../good/secret"})));
    all.write("variable", &config(json!({"env": "SECRET"})));
    std::fs::write(all.folder("other-url").join("key"), host_kit::keys::EC).unwrap();
    all.write(
        "other-url",
        &json!({
            "settings": {"org_slug": SLUG, "endpoint": all.0.fake.endpoint()},
            "secrets": {"api_token": {"oauth": {
                "client_id": "0123456789abcdef0123", "subject": "ana@example.com",
                "key": {"file": "key"}, "url": "http://127.0.0.1:9/oauth/token",
            }}},
        }),
    );
    let output = all.command("--until-idle").output().unwrap();
    assert_same(&all.got("good"), &all.0.truth());
    assert_eq!(all.0.fake.token_requests().len(), 1);
    for (tenant, words) in [
        ("outside", "secrets.api_token.portal.secret: write"),
        ("variable", "tenants cannot use environment variables"),
        ("other-url", "oauth.url: http://127.0.0.1:9 is not allowed here"),
    ] {
        let (_, error) = all.status(tenant);
        assert!(error.contains(words), "{tenant}: {error}");
    }
    let log = stderr(&output) + &stdout(&output);
    let minted = all.0.fake.minted();
    assert!(!log.contains(secret) && !log.contains(&minted[0]));
}
