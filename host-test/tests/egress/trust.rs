//! Which certificates are accepted, and how each TLS failure is reported.

use crate::server::{acceptor, acceptor_with, answering, command, output_of, serve, serve_with};
use fake_buildkite::Options;
use host_kit::World;
use http::Version;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa};
use serde_json::json;

const CHECK: &str = "check --config c.json --ca-file ca.pem";

fn world(port: u16) -> World {
    let world = World::with(Options::default());
    at(&world, port);
    world
}

fn at(world: &World, port: u16) {
    world.config(json!({"endpoint": format!("https://localhost:{port}/v1")}));
}

#[test]
fn the_newest_offered_version_is_used() {
    for (offered, version) in
        [(&["h2", "http/1.1"][..], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11)]
    {
        let world = world(1);
        let server = serve_with(&world, acceptor(&world, "localhost", (2020, 4000), offered));
        at(&world, server.port);
        let message = output_of(&mut command(&world, CHECK), 0);
        assert!(message.contains("passed   TLS"), "{message}");
        let seen = server.seen.lock().unwrap();
        assert_eq!(seen.iter().map(|(version, _)| *version).collect::<Vec<_>>(), [version]);
    }
}

#[test]
fn an_invalid_certificate_is_reported_with_what_to_do() {
    for (name, years, flag, words) in [
        (
            "localhost",
            (2020, 4000),
            "",
            &["certificate from an unknown issuer", "--ca-file FILE", "SSL_CERT_FILE"],
        ),
        (
            "graphql.buildkite.com",
            (2020, 4000),
            "--ca-file ca.pem",
            &["for another name", "graphql.buildkite.com", "not localhost"],
        ),
        (
            "localhost",
            (2020, 2021),
            "--ca-file ca.pem",
            &["expired at 2021-01-01T00:00:00Z", "renewed", "clock"],
        ),
        (
            "localhost",
            (3000, 4000),
            "--ca-file ca.pem",
            &["not valid before 3000-01-01T00:00:00Z", "clock", "replaced"],
        ),
    ] {
        let world = world(1);
        let server = serve_with(&world, acceptor(&world, name, years, &["http/1.1"]));
        at(&world, server.port);
        let check = output_of(&mut command(&world, &format!("check --config c.json {flag}")), 1);
        let line = format!("run --config c.json --output o --once --retries 0 {flag}");
        let run = output_of(&mut command(&world, &line), 1);
        assert!(check.contains("failed   TLS"), "{check}");
        let origin = format!("https://localhost:{}", server.port);
        for (message, word) in
            [&check, &run].iter().flat_map(|message| words.iter().map(move |word| (message, word)))
        {
            assert!(message.contains(word) && message.contains(&origin), "{word}: {message}");
        }
        assert!(server.seen.lock().unwrap().is_empty(), "a request was sent");
    }
}

#[test]
fn a_certificate_that_is_not_for_a_server_is_reported_as_such() {
    let as_ca = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let for_clients = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    type Change = fn(&mut CertificateParams);
    let cases: [(Change, &str); 2] = [
        (as_ca, "is a CA certificate, such as `openssl req -x509` creates; have the CA issue one"),
        (for_clients, "is not for servers; have it issued with the extended key usage serverAuth"),
    ];
    for (change, words) in cases {
        let world = world(1);
        let acceptor = acceptor_with(&world, "localhost", &["http/1.1"], change);
        at(&world, serve_with(&world, acceptor).port);
        let message = output_of(&mut command(&world, CHECK), 1);
        assert!(message.contains("failed   TLS") && message.contains(words), "{words}: {message}");
    }
    // A renewed CA: the same name with another key.
    let world = world(1);
    at(&world, serve(&world, "localhost").port);
    acceptor(&world, "localhost", (2020, 4000), &[]);
    let message = output_of(&mut command(&world, CHECK), 1);
    assert!(
        message.contains("does not match its issuer's key; if its CA was renewed"),
        "{message}"
    );
}

#[test]
fn a_server_without_tls_is_distinguished_from_a_bad_certificate() {
    for (bytes, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"[..], "did not answer with TLS"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "did not answer with TLS"),
        (b"", "closed the connection during the TLS handshake"),
        // A fatal alert: handshake_failure.
        (b"\x15\x03\x03\x00\x02\x02\x28", "refused the TLS handshake (HandshakeFailure)"),
    ] {
        let world = world(answering(bytes));
        let message = output_of(&mut command(&world, "check --config c.json"), 1);
        assert!(message.contains("failed   TLS") && message.contains(words), "{words}: {message}");
        assert!(!message.contains("certificate"), "{message}");
    }
}

#[test]
fn certificates_from_the_environment_are_used_or_refused_and_named() {
    let world = world(1);
    let server = serve(&world, "localhost");
    at(&world, server.port);
    std::fs::create_dir(world.path("good")).unwrap();
    std::fs::copy(world.path("ca.pem"), world.path("good/ca.pem")).unwrap();
    std::fs::create_dir(world.path("empty")).unwrap();
    std::fs::write(world.path("nothing.pem"), "").unwrap();
    std::fs::write(world.path("text.pem"), "no certificate at all\n").unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(world.path("broken.pem"), broken).unwrap();
    let with = |name: &str, value: &str, code: i32| {
        let mut command = command(&world, "check --config c.json");
        output_of(command.env(name, value), code)
    };
    with("SSL_CERT_FILE", "ca.pem", 0);
    with("SSL_CERT_DIR", "good", 0);
    with("SSL_CERT_DIR", "missing:good", 0);
    // An empty variable counts as unset, so the issuer is unknown.
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        assert!(with(name, "", 1).contains("unknown issuer"), "{name}");
    }
    for (name, value, why) in [
        ("SSL_CERT_FILE", "missing.pem", "cannot be read"),
        ("SSL_CERT_FILE", "good", "cannot be read"),
        ("SSL_CERT_FILE", "nothing.pem", "contains no certificate"),
        ("SSL_CERT_FILE", "text.pem", "contains no certificate"),
        ("SSL_CERT_FILE", "broken.pem", "contains no certificate"),
        ("SSL_CERT_DIR", "missing", "cannot be read"),
        ("SSL_CERT_DIR", "empty", "contains no certificate"),
        ("SSL_CERT_DIR", "missing:empty", "cannot be read"),
    ] {
        let message = with(name, value, 2);
        assert!(message.contains(&format!("{name}={value}: {why}")), "{name}={value}: {message}");
    }
}

#[test]
fn a_ca_file_adds_certificates_and_may_not_be_empty() {
    let world = world(1);
    let server = serve(&world, "localhost");
    at(&world, server.port);
    for name in ["run", "preview"] {
        let more = if name == "run" { "--output o --once" } else { "" };
        let line = format!("{name} --config c.json --ca-file ca.pem {more}");
        output_of(&mut command(&world, &line), 0);
    }
    // The flag adds to the environment's certificates, which come from another CA.
    std::fs::copy(world.path("ca.pem"), world.path("mine.pem")).unwrap();
    acceptor(&world, "other", (2020, 4000), &[]);
    let mut both = command(&world, "check --config c.json --ca-file mine.pem");
    output_of(both.env("SSL_CERT_FILE", "ca.pem"), 0);
    std::fs::write(world.path("nothing.pem"), "").unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(world.path("broken.pem"), broken).unwrap();
    for (file, why) in [
        ("missing.pem", "cannot be read"),
        ("nothing.pem", "contains no certificate"),
        ("token", "contains no certificate"),
        ("broken.pem", "contains an invalid certificate"),
        ("/dev/zero", "is larger than 4 MiB"),
    ] {
        for line in ["check --config c.json", "run --config c.json --output o --once"] {
            let message = output_of(&mut command(&world, &format!("{line} --ca-file {file}")), 2);
            assert!(message.contains(&format!("--ca-file {file}: {why}")), "{message}");
        }
    }
}
