//! Credentials that are refused, and what `check` says about credentials.

use super::*;

#[test]
fn a_refused_credential_says_what_failed_and_what_to_do() {
    let mut other = accounts();
    other.application.as_mut().unwrap().key = rsa();
    other.portal.as_mut().unwrap().secret = "another-secret-of-the-portal".to_owned();
    other.public_key.as_mut().unwrap().key = ec();
    let world = world(other);
    let nobody = json!({"oauth": {
        "client_id": APPLICATION, "subject": "bob@example.com", "key": {"file": "rsa.pem"},
        "url": format!("http://{}/oauth/token", world.fake.address()),
    }});
    for (endpoint, api_token, words) in [
        (world.fake.portal(), portal(), ["Invalid client_id or secret", "create a new secret"]),
        (
            world.fake.endpoint(),
            oauth(&world, "ec.pem"),
            ["Invalid client assertion signature", "check that client_id"],
        ),
        (
            world.fake.endpoint(),
            nobody,
            ["Subject user must be an active member", "subject is a member"],
        ),
        (
            world.fake.endpoint(),
            public_key(),
            ["the signature of the request was refused (HTTP 401)", "token_uuid is"],
        ),
    ] {
        config(&world, &endpoint, &api_token);
        for command in ["run --config c.json --once --output o", "check --config c.json"] {
            let output = world.host(command);
            assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
            let text = stderr(&output) + &stdout(&output);
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
            assert!(!text.contains("5ecre7"), "{text}");
        }
    }
}

#[test]
fn a_clock_that_is_wrong_is_named_as_the_cause() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let ahead = move || u64::try_from((now() + Duration::from_secs(90)).as_millis()).unwrap();
    let world =
        World::with(Options { accounts: accounts(), clock: Arc::new(ahead), ..Options::default() });
    std::fs::write(world.path("ec.pem"), EC).unwrap();
    config(&world, &world.fake.endpoint(), &oauth(&world, "ec.pem"));
    let message = world.bad("run --config c.json --once --output o", 3);
    assert!(message.contains("correct this machine's clock, which is "), "{message}");
    assert!(message.contains("s behind the remote's"), "{message}");
}

#[test]
fn a_token_endpoint_that_is_down_is_a_temporary_failure() {
    let world = world(accounts());
    let mut down = oauth(&world, "ec.pem");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    down["oauth"]["url"] = json!(format!("http://{free}/oauth/token"));
    config(&world, &world.fake.endpoint(), &down);
    let message = world.bad("run --config c.json --until-idle --retries 1 --output o", 1);
    assert!(
        message
            .contains("after 1 retry: cannot get a token from OAuth token exchange from 127.0.0.1"),
        "{message}"
    );
    assert!(world.fake.requests().is_empty());
}

#[test]
fn check_says_when_the_credential_ends_and_how_it_is_renewed() {
    let ends = "2020-01-01T00:00:00Z".to_owned();
    let world = world(Accounts { life_ms: 3_600_000, ends: Some(ends), ..accounts() });
    let origin = format!("http://{}", world.fake.address());
    let inspect = format!("check --config c.json --inspect-token={origin}");
    let plain = json!({"file": "token"});
    for (endpoint, api_token, line, words) in [
        (
            world.fake.portal(),
            portal(),
            "check --config c.json",
            "a portal token; it expires in 59 min and is renewed",
        ),
        (
            world.fake.endpoint(),
            oauth(&world, "ec.pem"),
            "check --config c.json",
            "exchange; it expires in 59 min",
        ),
        (
            world.fake.endpoint(),
            public_key(),
            "check --config c.json",
            "signs each request; it does not expire",
        ),
        (
            world.fake.endpoint(),
            plain.clone(),
            "check --config c.json",
            "add --inspect-token to ask",
        ),
        (world.fake.endpoint(), plain, &inspect, "it expires in 0 s: create a new one"),
    ] {
        config(&world, &endpoint, &api_token);
        let output = world.good(line);
        assert!(stdout(&output).contains(words), "{}", stdout(&output));
    }
}

#[test]
fn a_portal_needs_its_url_as_the_endpoint() {
    let world = world(accounts());
    config(&world, &world.fake.endpoint(), &portal());
    let message = world.bad("run --config c.json --once --output o", 2);
    assert!(message.contains("settings.endpoint must be the portal's URL"), "{message}");
    assert!(world.fake.portal().ends_with(PORTAL));
}
