//! Tokens that end, are revoked or are replaced while they are used.

use super::*;

#[test]
fn a_portal_s_tokens_are_renewed_before_they_end() {
    let world = world(accounts());
    config(&world, &world.fake.portal(), &portal());
    reads_everything(&world, true);
}

#[test]
fn exchanged_tokens_are_renewed_before_they_end() {
    for (key, verifying, file) in [("EC", ec(), "ec.pem"), ("RSA", rsa(), "rsa.pem")] {
        let mut accounts = accounts();
        accounts.application.as_mut().unwrap().key = verifying;
        let world = world(accounts);
        println!("{key}");
        config(&world, &world.fake.endpoint(), &oauth(&world, file));
        reads_everything(&world, true);
    }
}

#[test]
fn each_request_is_signed_anew_with_a_public_key() {
    let world = world(accounts());
    config(&world, &world.fake.endpoint(), &public_key());
    reads_everything(&world, false);
}

#[test]
fn a_revoked_token_is_renewed_once_and_the_run_continues() {
    let accounts = Accounts { life_ms: 3_600_000, ..accounts() };
    let world = world(accounts);
    config(&world, &world.fake.portal(), &portal());
    let mut running = Running::start(world.command(RUN));
    until("the first token", || !world.fake.token_requests().is_empty());
    world.fake.revoke_minted();
    until("the end of the run", || running.0.try_wait().unwrap().is_some());
    assert!(running.0.wait().unwrap().success());
    assert_same(&world.in_file("o.ndjson"), &world.truth());
    assert_eq!(world.fake.token_requests().len(), 2);
}

#[test]
fn a_token_file_that_changes_is_read_again() {
    let world = world(accounts());
    let rotate = || {
        // As Kubernetes does it: a new file takes the name.
        std::fs::write(world.path("next"), world.fake.mint()).unwrap();
        std::fs::rename(world.path("next"), world.path("token")).unwrap();
    };
    rotate();
    config(&world, &world.fake.endpoint(), &json!({"file": "token"}));
    let mut running = Running::start(world.command(RUN));
    let (begun, mut rotated) = (Instant::now(), Instant::now());
    until("the end of the run", || {
        // Long before the token in the file expires.
        if rotated.elapsed() > LIFE / 20 {
            rotate();
            rotated = Instant::now();
        }
        running.0.try_wait().unwrap().is_some()
    });
    assert!(running.0.wait().unwrap().success());
    assert!(begun.elapsed() > LIFE, "no token expired during the run");
    assert_same(&world.in_file("o.ndjson"), &world.truth());
    println!("{} events, a new token every {:?}", events(), LIFE / 20);
}
