//! Requests through a proxy: what it sees and does not see, and each way in which it fails.

use crate::proxy::{Manner, Proxy};
use crate::server::{acceptor, answering, command, output_of, serve};
use fake_buildkite::{Options, SLUG};
use host_kit::{TOKEN, World};
use serde_json::json;
use std::net::TcpListener;

/// A name that nothing looks up: the host leaves that to the proxy, and this proxy does not need it.
const HOST: &str = "graphql.example";

const CHECK: &str = "check --config c.json --ca-file ca.pem";

/// `user:p@ss/w%rd`, in a URL and in a header.
const CREDENTIALS: (&str, &str) = ("user:p%40ss%2Fw%25rd", "dXNlcjpwQHNzL3clcmQ=");

fn world() -> World {
    let world = World::with(Options::default());
    world.config(json!({"endpoint": format!("https://{HOST}/v1")}));
    world
}

#[test]
fn requests_go_through_the_proxy_that_the_flag_or_environment_names() {
    let world = world();
    let server = serve(&world, HOST);
    let proxy = Proxy::start(&world, Manner::Tunnel(server.port));
    let url = format!("http://127.0.0.1:{}", proxy.port);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        output_of(command(&world, CHECK).env(name, &url), 0);
    }
    // The flag wins; the environment's proxy would refuse.
    let flag = format!("{CHECK} --proxy {url}");
    let message = output_of(command(&world, &flag).env("HTTPS_PROXY", "http://127.0.0.1:1"), 0);
    assert!(message.contains("go through the proxy http://127.0.0.1:"), "{message}");
    let heads = proxy.heads.lock().unwrap();
    assert_eq!(heads.len(), 4);
    for head in heads.iter() {
        assert!(head.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")), "{head}");
        assert!(!head.to_lowercase().contains("authorization"), "{head}");
    }
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|(_, token)| token.as_ref().unwrap() == &format!("Bearer {TOKEN}")));
}

#[test]
fn a_proxy_can_speak_tls_itself() {
    let world = world();
    let tls = acceptor(&world, "localhost", (2020, 4000), &["http/1.1"]);
    std::fs::rename(world.path("ca.pem"), world.path("proxy.pem")).unwrap();
    let server = serve(&world, HOST);
    let both = ["proxy.pem", "ca.pem"].map(|name| std::fs::read(world.path(name)).unwrap());
    std::fs::write(world.path("both.pem"), both.concat()).unwrap();
    let proxy = Proxy::with(&world, Manner::Tunnel(server.port), Some(tls));
    let line = format!("--proxy https://localhost:{}", proxy.port);
    output_of(&mut command(&world, &format!("check --config c.json --ca-file both.pem {line}")), 0);
    assert_eq!(server.seen.lock().unwrap().len(), 1);
    let unknown = output_of(&mut command(&world, &format!("{CHECK} {line}")), 1);
    let words = format!(
        "the proxy https://localhost:{} presented a certificate from an unknown issuer; for a \
         private CA",
        proxy.port
    );
    assert!(unknown.contains(&words) && unknown.contains("--ca-file FILE"), "{unknown}");
    // The right CA, and a proxy with another name.
    let line = format!(
        "check --config c.json --ca-file both.pem --proxy https://127.0.0.1:{}",
        proxy.port
    );
    let other = output_of(&mut command(&world, &line), 1);
    let words = "for another name (localhost, not 127.0.0.1); check the host in --proxy";
    assert!(other.contains(words), "{other}");
    // A proxy that does not speak TLS.
    let plain = answering(b"HTTP/1.1 400 No\r\n\r\n");
    let line = format!("{CHECK} --proxy https://127.0.0.1:{plain}");
    let plain = output_of(&mut command(&world, &line), 1);
    let words = "did not answer with TLS; check the scheme, host and port in --proxy";
    assert!(plain.contains(words), "{plain}");
}

#[test]
fn credentials_reach_the_proxy_and_nothing_else() {
    let world = world();
    let server = serve(&world, HOST);
    let (password, header) = CREDENTIALS;
    let good = Proxy::start(&world, Manner::Tunnel(server.port));
    let bad = Proxy::start(&world, Manner::Says(b"HTTP/1.1 407 No\r\n\r\n"));
    for (proxy, code) in [(&good, 0), (&bad, 1)] {
        let url = format!("http://{password}@127.0.0.1:{}", proxy.port);
        for (line, in_flag) in [(CHECK.to_owned(), false), (format!("{CHECK} --proxy {url}"), true)]
        {
            let mut command = command(&world, &format!("{line} --log trace"));
            if !in_flag {
                command.env("HTTPS_PROXY", &url);
            }
            let message = output_of(&mut command, code);
            for secret in ["p%40ss", "p@ss", header, TOKEN] {
                assert!(!message.contains(secret), "{secret}: {message}");
            }
        }
        for head in proxy.heads.lock().unwrap().iter() {
            let line = format!("proxy-authorization: Basic {header}\r\n");
            assert!(head.to_lowercase().contains(&line.to_lowercase()), "{head}");
            assert!(!head.contains(TOKEN), "{head}");
        }
    }
    // The help does not show the environment's value either.
    for name in ["run", "check", "preview", "tenants"] {
        let mut help = command(&world, &format!("{name} --help"));
        let message =
            output_of(help.env("HTTPS_PROXY", format!("http://{password}@127.0.0.1:1")), 0);
        assert!(message.contains("--proxy") && !message.contains("p%40ss"), "{message}");
    }
}

#[test]
fn each_failure_of_a_proxy_is_reported_with_what_to_do() {
    let world = world();
    serve(&world, HOST);
    for (answer, user, words) in [
        (
            &b"HTTP/1.1 407 No\r\n\r\n"[..],
            "",
            "requires credentials (HTTP 407); put them in --proxy",
        ),
        (b"HTTP/1.1 407 No\r\n\r\n", "u:secret@", "refused the credentials in --proxy (HTTP 407)"),
        (
            b"HTTP/1.1 403 No\r\n\r\n",
            "",
            "does not allow connections to graphql.example:443 (HTTP 403)",
        ),
        (b"HTTP/1.1 502 Bad\r\n\r\n", "", "answered HTTP 502 to CONNECT graphql.example:443"),
        (b"HTTP/1.1 302 To\r\nlocation: http://169.254.169.254/\r\n\r\n", "", "answered HTTP 302"),
        (
            b"SSH-2.0-OpenSSH_9.9\r\n",
            "",
            "did not answer CONNECT graphql.example:443 as an HTTP proxy",
        ),
        (b"", "", "did not answer CONNECT graphql.example:443 as an HTTP proxy"),
        (b"HTTP/1.1 200 ok\r\n\r\n", "", "closed the connection during the TLS handshake"),
        (b"HTTP/1.1 200 ok\r\n\r\nHTTP/1.1 400 No\r\n\r\n", "", ""),
    ] {
        let proxy = Proxy::start(&world, Manner::Says(answer));
        let place = format!("127.0.0.1:{}", proxy.port);
        let line = format!("--proxy http://{user}{place}");
        let check = output_of(&mut command(&world, &format!("{CHECK} {line}")), 1);
        let run =
            format!("run --config c.json --output o --once --retries 0 --ca-file ca.pem {line}");
        let run = output_of(&mut command(&world, &run), 1);
        for message in [check, run] {
            assert!(message.contains(words) && message.contains(&place), "{words}: {message}");
            assert!(!message.contains("secret") && !message.contains("169.254"), "{message}");
        }
        assert_eq!(proxy.heads.lock().unwrap().len(), 2);
    }
    // Bound and then released, so nothing listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut unreachable = command(&world, CHECK);
    let message = output_of(unreachable.env("HTTPS_PROXY", format!("http://u:secret@{free}")), 1);
    let words = format!("the proxy http://{free} cannot be reached: Connection refused");
    assert!(message.contains(&words) && message.contains("check HTTPS_PROXY"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn an_invalid_proxy_is_refused_and_named_before_anything_is_sent() {
    let world = world();
    for (flag, name, url, words) in [
        (
            true,
            "",
            "socks5://u:secret@127.0.0.1:1080",
            "--proxy: socks5:// proxies are not supported",
        ),
        (true, "", "http://u:sec/ret@127.0.0.1:1", "--proxy: has a path, or a password"),
        (false, "ALL_PROXY", "socks5h://u:secret@127.0.0.1", "ALL_PROXY: socks5h:// proxies"),
        (false, "https_proxy", "ftp://u:secret@127.0.0.1", "https_proxy: is not an http://"),
    ] {
        let more = if flag { format!("--proxy {url}") } else { String::new() };
        for line in ["check --config c.json", "run --config c.json --output o --once"] {
            let mut command = command(&world, &format!("{line} {more}"));
            if !flag {
                command.env(name, url);
            }
            let message = output_of(&mut command, 2);
            assert!(message.contains(words), "{words}: {message}");
            assert!(!message.contains("secret") && !message.contains("sec/"), "{message}");
        }
    }
}

#[test]
fn loopback_is_direct_and_an_address_is_checked_before_the_proxy_is_asked() {
    let world = World::new(3);
    let proxy = Proxy::start(&world, Manner::Says(b"HTTP/1.1 500 No\r\n\r\n"));
    let url = format!("http://127.0.0.1:{}", proxy.port);
    output_of(command(&world, "check --config c.json").env("HTTPS_PROXY", &url), 0);
    output_of(command(&world, "check --config c.json").env("ALL_PROXY", "socks5://127.0.0.1:1"), 0);
    output_of(&mut command(&world, &format!("check --config c.json --proxy {url}")), 0);
    for address in ["10.0.0.1", "169.254.169.254", "[fd00:ec2::254]", "[64:ff9b::a00:1]"] {
        world.config(json!({"endpoint": format!("https://{address}/v1")}));
        let mut check = command(&world, &format!("check --config c.json --proxy {url}"));
        let message = output_of(&mut check, 2);
        assert!(message.contains("the address is "), "{message}");
    }
    assert!(proxy.heads.lock().unwrap().is_empty());
}

#[test]
fn only_the_operators_flag_sets_the_proxy_of_tenants() {
    let world = world();
    let server = serve(&world, HOST);
    let proxy = Proxy::start(&world, Manner::Tunnel(server.port));
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let folder = world.path("dir/acme");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir(world.path("out")).unwrap();
    std::fs::write(folder.join("token"), TOKEN).unwrap();
    let write = |endpoint: &str| {
        let config = json!({"settings": {"org_slug": SLUG, "endpoint": endpoint},
                            "secrets": {"api_token": {"file": "token"}}});
        std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    };
    let host = format!("https://{HOST}");
    write(&format!("{host}/v1"));
    let line = "tenants --dir dir --output-dir out --until-idle --ca-file ca.pem";
    let flag = format!("{line} --allow-host {host} --proxy {url}");
    let words = output_of(&mut command(&world, &flag), 0);
    assert!(words.contains(&format!("requests to {host} go through the proxy {url}")), "{words}");
    assert_eq!(server.seen.lock().unwrap().len(), 1);
    let env = format!("{line} --allow-host {host} --proxy env --state other");
    output_of(command(&world, &env).env("HTTPS_PROXY", &url), 0);
    assert_eq!(server.seen.lock().unwrap().len(), 2);
    // A private address, so that nothing is sent even if this test fails.
    write("https://10.0.0.1/v1");
    let ignored = format!("{line} --allow-host https://10.0.0.1 --state third");
    let words = output_of(command(&world, &ignored).env("HTTPS_PROXY", &url), 1);
    assert!(words.contains("HTTPS_PROXY is set but ignored"), "{words}");
    assert!(!words.contains("go through the proxy"), "{words}");
}
