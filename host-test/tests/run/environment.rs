//! Environments that refuse memory, files or folders: the message names the setting to change, not only the error.

use host_kit::{Running, World, assert_same, host, stderr};
use nix::libc;
use std::fs::{self, Permissions};
use std::io::Error;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

const RUN: &str = "run --config c.json --output o.ndjson --once";

/// The user `nobody`, to whom permissions apply.
const NOBODY: u32 = 65_534;

/// Source: Linux, prctl(2), since 6.3.
const PR_SET_MDWE: libc::c_int = 65;
const REFUSE_EXEC_GAIN: libc::c_ulong = 1;

/// Runs a command line under a limit that the shell sets.
fn limited(world: &World, limit: &str, line: &str) -> Output {
    Command::new("sh")
        .args(["-c", &format!("{limit}; exec \"$@\""), "sh", &host()])
        .args(line.split_whitespace())
        .current_dir(world.folder.path())
        .env_remove("RUST_LOG")
        .output()
        .unwrap()
}

#[test]
#[allow(unsafe_code)] // Between fork and exec: one system call that touches no memory.
fn a_system_that_refuses_executable_memory_is_named_with_its_setting() {
    let world = World::new(3);
    fs::create_dir(world.path("dir")).unwrap();
    fs::create_dir(world.path("out")).unwrap();
    for line in [
        RUN,
        "run --config c.json --output o.ndjson --once --no-code-cache",
        "check --config c.json",
        "tenants --dir dir --output-dir out --until-idle",
    ] {
        let mut command = world.command(line);
        unsafe {
            command.pre_exec(|| match libc::prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) {
                0 => Ok(()),
                _ => Err(Error::last_os_error()),
            });
        }
        let output = match command.output() {
            Ok(output) => output,
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                println!("skipped: this kernel cannot refuse executable memory");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        assert_eq!(output.status.code(), Some(1), "{line}: {}", stderr(&output));
        let message = stderr(&output);
        assert!(message.contains("MemoryDenyWriteExecute=no"), "{line}: {message}");
    }
    assert!(!world.path("o.ndjson").exists());
    world.good(RUN);
}

#[test]
fn a_limit_on_virtual_memory_is_named_with_its_setting() {
    let world = World::new(3);
    fs::create_dir(world.path("dir")).unwrap();
    fs::create_dir(world.path("out")).unwrap();
    for (kib, line) in [
        (600_000, RUN),
        (3_000_000, RUN),
        (3_000_000, "check --config c.json"),
        (3_000_000, "tenants --dir dir --output-dir out --until-idle"),
    ] {
        let output = limited(&world, &format!("ulimit -v {kib}"), line);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{line}: {message}");
        assert!(message.contains(&format!("virtual memory, {kib} KiB")), "{line}: {message}");
        assert!(message.contains("LimitAS=infinity"), "{line}: {message}");
    }
    world.good(RUN);
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}

#[test]
fn a_read_only_folder_is_refused_with_the_flag_that_helps() {
    let world = World::new(3);
    let folder = world.folder.path();
    fs::create_dir(world.path("w")).unwrap();
    fs::set_permissions(world.path("w"), Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(world.path("token"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(folder, Permissions::from_mode(0o555)).unwrap();
    let is_root = rustix::process::geteuid().is_root();
    let run = |line: &str| {
        let mut command = world.command(line);
        if is_root {
            command.uid(NOBODY);
        }
        command.output()
    };
    let refused = run("run --config c.json --output w/o.ndjson --once");
    let helped = run("run --config c.json --output w/o.ndjson --once --state w/s");
    let elsewhere = run("run --config c.json --output w/x.ndjson --once --state s");
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    let (Ok(refused), Ok(helped), Ok(elsewhere)) = (refused, helped, elsewhere) else {
        println!("skipped: user {NOBODY} cannot run the command");
        return;
    };
    let message = stderr(&refused);
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(message.contains("c.state.sqlite") && message.contains("use --state"), "{message}");
    assert!(helped.status.success(), "{}", stderr(&helped));
    // An operator who used the flag already knows it.
    let message = stderr(&elsewhere);
    assert!(elsewhere.status.code() == Some(2) && !message.contains("--state"), "{message}");
}

#[test]
fn metrics_listen_on_a_host_name_and_an_unusable_one_is_explained() {
    let world = World::new(3);
    let mut running = Running::start(
        world.command("run --config c.json --output o.ndjson --metrics localhost:0"),
    );
    // On loopback, whatever else the name resolves to.
    running.says("metrics at http://127.0.0.1:");
    assert_eq!(running.signal("TERM"), Some(0));
    for wrong in ["9000", "localhost", "localhost:port", "http://localhost:9000", "::1:9000"] {
        let message = world.bad(&format!("{RUN} --metrics {wrong}"), 2);
        assert!(message.contains("--metrics") && message.contains("HOST:PORT"), "{message}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let message = world.bad(&format!("{RUN} --metrics 127.0.0.1:{port}"), 2);
    assert!(message.contains(&format!("--metrics 127.0.0.1:{port}: cannot listen")), "{message}");
}

#[test]
fn a_limit_on_open_files_or_file_size_is_reported_and_the_next_run_continues() {
    let world = World::new(60);
    for limit in ["ulimit -n 8", "ulimit -n 12", "ulimit -n 16", "ulimit -f 4"] {
        let output = limited(&world, limit, RUN);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{limit}: {}", stderr(&output));
        let message = stderr(&output);
        assert!(message.contains("error: "), "{limit}: {message}");
        assert_eq!(message.contains("`ulimit -f"), limit.contains("-f"), "{limit}: {message}");
    }
    world.good(RUN);
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}
