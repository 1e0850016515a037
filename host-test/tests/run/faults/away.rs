//! A remote that is unreachable and comes back.

use fake_buildkite::{FakeBuildkite, Options};
use host_kit::{Running, TOKEN, World, assert_same, until};
use serde_json::json;
use std::fs;
use std::process::Stdio;
use tokio::net::TcpSocket;

#[test]
fn a_refused_connection_is_retried_until_the_remote_is_back() {
    let world = World::new(0);
    // Bound, so that nobody else gets the port, but not listening, so that connections are refused.
    let _inside = world.runtime.enter();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listen = socket.local_addr().unwrap();
    world.config(json!({
        "endpoint": format!("http://{listen}/v1"), "backfill_start_time": "2024-12-31T00:00:00Z",
    }));
    let run = "run --config c.json --output o.ndjson --until-idle";
    let message = world.bad(&format!("{run} --retries 0"), 1);
    assert!(message.contains("gave up after 0 retries: the connection was refused"), "{message}");

    let log = fs::File::create(world.path("log")).unwrap();
    let mut command = world.command(run);
    command.stderr(Stdio::from(log));
    let mut running = Running::start(command);
    until("a refused connection", || {
        fs::read_to_string(world.path("log"))
            .unwrap()
            .contains("; check the address, or start the server; retrying")
    });
    let options = Options { events: 250, listen, token: TOKEN.to_owned(), ..Options::default() };
    let fake = world.runtime.block_on(FakeBuildkite::start(options)).unwrap();
    drop(socket);
    until("the end of the run", || running.0.try_wait().unwrap().is_some());
    let message = fs::read_to_string(world.path("log")).unwrap();
    assert!(running.0.wait().unwrap().success(), "{message}");
    assert_same(&world.in_file("o.ndjson"), &fake.uuids());
}
