//! Tests machines with and without the target, and with and without rustup. Compiler and rustup are scripts that behave
//! like the real ones; `.ci/target` runs the real ones.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

const NAME: &str = "1.95.0-x86_64-unknown-linux-gnu";

/// A rustup that adds the target like the real one, and records its calls.
const ADDS: &str = r#"echo "$RUSTUP_HOME: $*" >> "$0.calls"
    mkdir -p "$RUSTUP_HOME/toolchains/$5/lib/rustlib/wasm32-unknown-unknown/lib"
    touch "$RUSTUP_HOME/toolchains/$5/lib/rustlib/wasm32-unknown-unknown/lib/libcore-0123.rlib""#;

struct Machine(TempDir);

impl Machine {
    /// Returns a machine with a toolchain that rustup installed, but without the target and without rustup.
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(machine.libraries()).unwrap();
        fs::create_dir(machine.path("bin")).unwrap();
        fs::write(machine.manifest(), "").unwrap();
        let own = machine.toolchain().join("lib/rustlib/x86_64-unknown-linux-gnu/bin");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("wasm-component-ld"), "").unwrap();
        let (sysroot, libraries) = (machine.toolchain(), machine.libraries());
        let answer = [&sysroot, &libraries].map(|path| format!("echo '{}'", path.display()));
        machine.script("rustc", &format!("{}\necho x86_64-unknown-linux-gnu", answer.join("\n")));
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn toolchain(&self) -> PathBuf {
        self.path("rustup/toolchains").join(NAME)
    }

    fn libraries(&self) -> PathBuf {
        self.toolchain().join("lib/rustlib/wasm32-unknown-unknown/lib")
    }

    fn manifest(&self) -> PathBuf {
        self.toolchain().join("lib/rustlib/multirust-channel-manifest.toml")
    }

    fn script(&self, name: &str, body: &str) {
        let file = self.path("bin").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns the arguments that rustup was called with, a line for each call.
    fn calls(&self, rustup: &str) -> String {
        fs::read_to_string(self.path(&format!("{rustup}.calls"))).unwrap_or_default()
    }

    fn start(&self) -> Child {
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        Command::new(env!("CARGO_BIN_EXE_wasm-target"))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn ends(&self) -> (bool, String) {
        ended(self.start().wait_with_output().unwrap())
    }
}

fn ended(output: Output) -> (bool, String) {
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

fn touch(file: &Path) {
    fs::write(file, "").unwrap();
}

#[test]
fn an_installed_target_is_left_alone_and_nothing_is_printed() {
    let machine = Machine::new();
    machine.script("rustup", ADDS);
    touch(&machine.libraries().join("libcore-89ab.rlib"));
    assert_eq!(machine.ends(), (true, String::new()));
    assert_eq!(machine.calls("bin/rustup"), "");
}

#[test]
fn rustup_adds_a_missing_target_to_the_toolchain_in_use_and_one_line_says_so() {
    let machine = Machine::new();
    machine.script("rustup", ADDS);
    let line = format!("adding the target wasm32-unknown-unknown to the Rust toolchain {NAME}\n");
    assert_eq!(machine.ends(), (true, line));
    let home = machine.path("rustup");
    let call =
        format!("{}: target add wasm32-unknown-unknown --toolchain {NAME}\n", home.display());
    assert_eq!(machine.calls("bin/rustup"), call);
    assert_eq!(machine.ends(), (true, String::new()), "the second time there is nothing to do");
    assert_eq!(machine.calls("bin/rustup"), call);
}

#[test]
fn a_rustup_outside_path_is_found_where_it_installs_itself() {
    let machine = Machine::new();
    machine.script("../home/.cargo/bin/rustup", ADDS);
    assert!(machine.ends().0);
    assert_eq!(machine.calls("home/.cargo/bin/rustup").lines().count(), 1);
}

#[test]
fn without_rustup_the_command_is_named() {
    let (is_success, stderr) = Machine::new().ends();
    let words = format!(
        "error: the Rust target wasm32-unknown-unknown is not installed, and rustup is not in PATH; run: rustup target add wasm32-unknown-unknown --toolchain {NAME}\n"
    );
    assert_eq!((is_success, stderr), (false, words));
}

#[test]
fn a_rustup_that_fails_is_quoted_and_the_command_is_named() {
    let machine = Machine::new();
    machine.script(
        "rustup",
        "echo 'info: downloading' >&2; echo 'error: no network' >&2; echo 'see ...' >&2; exit 1",
    );
    let (is_success, stderr) = machine.ends();
    assert!(
        !is_success
            && stderr
                .contains("rustup could not add it (error: no network); run: rustup target add "),
        "{stderr}"
    );
    // It reports success, but adds nothing.
    machine.script("rustup", "exit 0");
    let (is_success, stderr) = machine.ends();
    assert!(
        !is_success && stderr.contains("is not in ") && stderr.contains("run: rustup target add "),
        "{stderr}"
    );
}

#[test]
fn rustup_does_not_change_the_toolchain_of_a_distribution() {
    let machine = Machine::new();
    machine.script("rustup", ADDS);
    fs::remove_file(machine.manifest()).unwrap();
    let (is_success, stderr) = machine.ends();
    assert!(!is_success && stderr.contains("was not installed by rustup"), "{stderr}");
    assert!(stderr.contains("libstd-rust-dev-wasm32"), "{stderr}");
    assert_eq!(machine.calls("bin/rustup"), "");
}

#[test]
fn a_missing_linker_is_found_before_anything_is_compiled() {
    let machine = Machine::new();
    touch(&machine.libraries().join("libcore-89ab.rlib"));
    let own = machine.toolchain().join("lib/rustlib/x86_64-unknown-linux-gnu/bin");
    fs::remove_file(own.join("wasm-component-ld")).unwrap();
    let (is_success, stderr) = machine.ends();
    assert!(!is_success && stderr.contains("run: cargo install wasm-component-ld"), "{stderr}");
    // One in PATH is enough.
    machine.script("wasm-component-ld", "");
    assert_eq!(machine.ends(), (true, String::new()));
}

#[test]
fn parallel_builds_install_the_target_once() {
    let machine = Machine::new();
    // The first waits here until all have started.
    machine.script("rustup", &format!("until [ -e \"$0.go\" ]; do :; done\n{ADDS}"));
    let all: Vec<Child> = (0..4).map(|_| machine.start()).collect();
    touch(&machine.path("bin/rustup.go"));
    let all: Vec<_> = all.into_iter().map(|it| ended(it.wait_with_output().unwrap())).collect();
    assert!(all.iter().all(|(is_success, _)| *is_success), "{all:?}");
    assert_eq!(all.iter().filter(|(_, stderr)| !stderr.is_empty()).count(), 1, "{all:?}");
    assert_eq!(machine.calls("bin/rustup").lines().count(), 1);
}

#[test]
fn the_error_of_a_missing_toolchain_is_quoted() {
    let machine = Machine::new();
    machine.script("rustc", "echo 'error: toolchain is not installed' >&2; exit 1");
    let (is_success, stderr) = machine.ends();
    assert!(!is_success && stderr.contains("error: toolchain is not installed"), "{stderr}");
}
