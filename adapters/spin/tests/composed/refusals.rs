//! Tests that errors name what is wrong and reveal no secret, and that tenants are kept apart.

use crate::collector::Collector;
use crate::crash::Crash;
use crate::keyvalue::KeyValue;
use crate::world::{EVENTS, World};

#[tokio::test(flavor = "multi_thread")]
async fn errors_name_what_is_wrong_and_reveal_no_secret() {
    let mut world = World::start().await;
    let token =
        world.app.variables.insert("api_token".into(), "bkua_wrong_0123456789".into()).unwrap();
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["fault"]), (500, &"unauthorized".into()), "{answer}");
    assert!(!answer.to_string().contains("bkua_wrong_0123456789"), "{answer}");
    assert_eq!(world.stored("checkpoint/default"), None);

    world.app.variables.insert("api_token".into(), token.clone());
    let wrong = r#"{"org_slug": "", "color": 1}"#;
    let settings = world.app.variables.insert("settings".into(), wrong.into()).unwrap();
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["fault"]), (500, &"invalid_config".into()), "{answer}");
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("org_slug") && message.contains("variables settings"), "{answer}");

    for (variable, value, word) in [
        ("budget_seconds", "soon", "budget_seconds"),
        ("sink_url", "ftp://x", "sink_url"),
        ("sink_url", "http://user:secret@127.0.0.1/", "without user"),
        ("sink_authorization", "a\nb", "sink_authorization"),
        ("sink_url", "", "sink_url"),
        ("api_token", "", "SPIN_VARIABLE_API_TOKEN"),
        (
            "api_token",
            "\"bkua_0123456789abcdef\"\n",
            "variable api_token: the token is in quotation",
        ),
        ("api_token", "bkua_0123456789", "the token is shorter than 16"),
    ] {
        let mut app = world.app.clone();
        app.variables.insert(variable.into(), value.into());
        let (status, answer) = app.request("POST", "/poll").await.unwrap();
        assert_eq!(status, 500);
        assert!(answer["message"].as_str().unwrap().contains(word), "{answer}");
    }
    let mut app = world.app.clone();
    app.allowed.pop();
    app.variables.insert("settings".into(), World::start().await.app.variables["settings"].clone());
    let (_, answer) = app.request("POST", "/poll").await.unwrap();
    assert!(answer.to_string().contains("does not allow requests"), "{answer}");
    for (method, path, expected) in [
        ("GET", "/poll", 405),
        ("POST", "/", 404),
        ("POST", "/poll/A", 404),
        ("POST", "/poll/beta", 500),
    ] {
        let (status, answer) = world.app.request(method, path).await.unwrap();
        assert_eq!(status, expected, "{answer}");
    }
    world.app.variables.insert("settings".into(), settings);
    world.poll_to_idle().await;
    // Only the key-value store, the events and the answers leave the component: none contains a secret.
    assert_eq!(world.collector.lines().len() as u64, EVENTS);
    let kept = std::fs::read(&world.app.database).unwrap();
    for secret in [token.as_str(), "hec-secret"] {
        assert!(!kept.windows(secret.len()).any(|window| window == secret.as_bytes()));
        assert!(world.collector.lines().iter().all(|line| !line.contains(secret)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn white_space_around_the_token_is_removed() {
    let mut world = World::start().await;
    let token = world.app.variables["api_token"].clone();
    world.app.variables.insert("api_token".into(), format!(" {token}\r\n"));
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["delivered"]), (200, &EVENTS.into()), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_share_the_application_and_nothing_else() {
    let world = World::start().await;
    let mut app = world.app.clone();
    for name in ["settings", "api_token"] {
        let value = app.variables[name].clone();
        app.variables.insert(format!("{name}_acme"), value);
    }
    app.variables.remove("settings");
    let (status, answer) = app.request("POST", "/poll").await.unwrap();
    assert_eq!(status, 500, "{answer}");
    let (status, answer) = app.request("POST", "/poll/acme").await.unwrap();
    assert_eq!((status, &answer["delivered"]), (200, &EVENTS.into()), "{answer}");
    assert!(world.stored("checkpoint/acme").is_some());
    assert_eq!(world.stored("checkpoint/default"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_the_shared_collector_go_nowhere_else() {
    let world = World::start().await;
    let (other, url) = Collector::start(world.app.crash.clone()).await;
    let mut app = world.app.clone();
    app.allowed.push(url.rsplit_once('/').unwrap().0.to_owned());
    for name in ["settings", "api_token"] {
        let value = app.variables[name].clone();
        app.variables.insert(format!("{name}_acme"), value);
    }
    app.variables.insert("sink_url_acme".into(), url);
    let (status, answer) = app.request("POST", "/poll/acme").await.unwrap();
    assert_eq!((status, &answer["delivered"]), (200, &EVENTS.into()), "{answer}");
    assert!(other.authorizations().iter().all(String::is_empty));
    app.variables.insert("sink_authorization_acme".into(), "Bearer own".into());
    world.fake.add_events(1, None);
    let came = async {
        while other.lines().len() <= EVENTS as usize {
            app.request("POST", "/poll/acme").await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), came).await.unwrap();
    assert_eq!(other.authorizations().last().unwrap(), "Bearer own");
    assert!(world.collector.lines().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_needs_an_operator_is_not_retried() {
    let world = World::start().await;
    for status in [302, 401, 413] {
        world.collector.refuse(1, status);
        let (answered, answer) = world.app.request("POST", "/poll").await.unwrap();
        assert_eq!((answered, &answer["is_transient"]), (500, &false.into()), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("sink_authorization"), "{answer}");
        assert_eq!(world.stored("checkpoint/default"), None);
    }
    KeyValue::open(&world.app.database, Crash::default()).put("checkpoint/default", &[0xff; 9]);
    let (answered, answer) = world.app.request("POST", "/poll").await.unwrap();
    assert_eq!((answered, &answer["fault"]), (500, &"invalid_checkpoint".into()), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("restore it"), "{answer}");
    assert_eq!(
        world.stored("checkpoint/default"),
        Some(vec![0xff; 9]),
        "the damaged value was replaced"
    );
}
