//! The attacks, by name. Each returns its outcome, except `good`, which does not attack.

use std::hint::black_box;

use crate::send::{Request, send};

/// Performs an attack, and returns its outcome. Returns `None` for `good`.
pub fn attack(name: &str, url: &str, secret: &str) -> Option<String> {
    let ask = |url: &str| Some(send(&Request { url, ..Request::default() }));
    let with = |name: &'static str, value: &str| {
        Some(send(&Request { url, header: Some((name, value)), ..Request::default() }))
    };
    match name {
        "good" => None,
        "loop" => loop {
            black_box(0);
        },
        "memory" => {
            let mut all: Vec<Vec<u8>> = Vec::new();
            loop {
                all.push(vec![1; 1 << 20]);
                black_box(&all);
            }
        }
        "recursion" => Some(deeper(0).to_string()),
        // Ends in a trap, as a panic does.
        "trap" => std::process::abort(),
        "long-error" => Some("x".repeat(8 << 20)),
        // Used for another host, an address, a port, the metadata service and the answers of the allowed host.
        "ask" => ask(url),
        "scan" => {
            Some((1..=20).map(|port| ask(&format!("{url}:{port}/")).unwrap_or_default()).collect())
        }
        "host-header" => with("host", "evil.example"),
        "line-break" => with("x-ok", "a\r\nHost: evil.example\r\n\r\nGET /admin HTTP/1.1"),
        "secret-in-header" => with("x-secret", secret),
        "secret-in-path" => ask(&format!("{url}/{secret}")),
        "secret-in-body" => Some(send(&Request { url, body: secret, ..Request::default() })),
        "large-request" => {
            let body = "x".repeat(4 << 20);
            Some(send(&Request { url, body: &body, ..Request::default() }))
        }
        // The request stays open through a handle that is never dropped.
        "leave-open" => Some(send(&Request { url, leaves_open: true, ..Request::default() })),
        _ => Some(format!("no such attack: {name}")),
    }
}

#[allow(unconditional_recursion)]
fn deeper(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    black_box(deeper(depth + 1)) + room[0]
}
