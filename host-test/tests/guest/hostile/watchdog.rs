//! A trusted component cannot be interrupted: when a call exceeds its CPU limit, the watchdog ends the process.

use super::returns::guest;
use host_test::egress::hook::Egress;
use host_test::guest::component::Plugin;
use host_test::guest::engine::CodeCache;
use host_test::guest::source::{Limits, Source};
use std::process::Command;

/// Set in the process that runs the guest.
const CHILD: &str = "HOST_TEST_WATCHDOG_CHILD";

async fn start(body: &str, limits: Limits) -> Source {
    let plugin = Plugin::trusted(&CodeCache::off(), &guest(body, "")).unwrap();
    Source::start(&plugin, Egress::Closed, limits, None).await.unwrap()
}

#[tokio::test]
async fn a_trusted_guest_that_loops_ends_the_process_with_a_message() {
    let limits = Limits { cpu_seconds: 1, ..Limits::default() };
    if std::env::var_os(CHILD).is_some() {
        let mut source = start("(loop br 0) unreachable", limits).await;
        panic!("the loop ended: {:?}", source.read_batch(1).await);
    }
    let name = "hostile::watchdog::a_trusted_guest_that_loops_ends_the_process_with_a_message";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("error: read-batch: the CPU limit of 1 s was exceeded"), "{message}");
}
