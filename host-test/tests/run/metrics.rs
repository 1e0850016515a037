//! The metrics of a run, for Prometheus.

use host_kit::{Running, TOKEN, World, until};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Returns the value of a metric.
fn value(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn a_run_counts_what_it_delivers() {
    let world = World::new(700);
    let line = "run --config c.json --output o.ndjson --metrics 127.0.0.1:0";
    let mut running = Running::start(world.command(line));
    let mut lines = BufReader::new(running.0.stderr.take().unwrap()).lines();
    let url =
        lines.find_map(|line| line.unwrap().split_once("http://").map(|(_, it)| it.to_owned()));
    let address = url.unwrap().strip_suffix("/metrics").unwrap().to_owned();
    // Keeps reading, or the child would block on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    until("all events", || {
        value(&get(&address, "/metrics"), "host_test_events_total") == Some(700)
    });
    let text = get(&address, "/metrics");
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("openmetrics-text"), "{text}");
    assert!(
        text.contains("# TYPE host_test_events counter") && text.ends_with("# EOF\n"),
        "{text}"
    );
    assert!(value(&text, "host_test_requests_total").unwrap() >= 2, "{text}");
    assert!(value(&text, "host_test_api_points_total").unwrap() > 1_000, "{text}");
    assert!(value(&text, "host_test_newest_event_timestamp_seconds").unwrap() > 1_735_689_600);
    assert!(value(&text, "host_test_lag_seconds").unwrap() > 0, "the events are old: {text}");
    assert!(!text.contains(TOKEN));
    assert!(get(&address, "/").starts_with("HTTP/1.1 404"));
    assert_eq!(running.signal("TERM"), Some(0));
}

#[test]
fn an_address_in_use_is_refused_and_named() {
    let world = World::new(1);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let message = world.bad(&format!("run --config c.json --once --metrics {address}"), 2);
    assert!(message.contains(&format!("--metrics {address}: ")), "{message}");
}
