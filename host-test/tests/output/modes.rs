//! The modes of written files: only the owner may read them, whatever the umask.

use fake_buildkite::Options;
use host_kit::{World, host};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Runs a command line with a umask of 0.
fn run_with_umask_0(world: &World, line: &str) {
    let output = Command::new("sh")
        .args(["-c", "umask 000; exec \"$@\"", "sh", &host()])
        .args(line.split_whitespace())
        .current_dir(world.folder.path())
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", host_kit::stderr(&output));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Returns the names of files in a folder that others may read or write.
fn open_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let open = entries.filter(|path| path.is_file() && mode(path) != 0o600);
    let mut names: Vec<String> =
        open.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn only_the_owner_may_read_the_files_of_a_run() {
    let world = World::new(30);
    run_with_umask_0(&world, "run --config c.json --once --output o.ndjson");
    run_with_umask_0(&world, "run --config c.json --once --output sqlite:o.sqlite --state s");
    for name in ["o.ndjson", "c.state.sqlite", "c.state.sqlite.lock", "o.sqlite", "o.sqlite.lock"] {
        assert_eq!(mode(&world.path(name)), 0o600, "{name}");
    }
    // Also journals and everything else, except what the test itself created.
    assert_eq!(open_files(world.folder.path()), ["c.json", "token"]);
}

#[test]
fn only_the_owner_may_read_the_files_of_tenants() {
    let all = host_kit::Tenants::with(Options { events: 30, ..Options::default() });
    all.add("a", serde_json::json!({}));
    let allowed = all.0.fake.endpoint().replace("/v1", "");
    let line = format!("tenants --dir dir --output-dir out --allow-host {allowed} --until-idle");
    run_with_umask_0(&all.0, &line);
    assert_eq!(all.got("a").len(), 30);
    assert_eq!(mode(&all.0.path("dir.state.sqlite")), 0o600);
    assert_eq!(open_files(all.0.folder.path()), ["c.json", "token"]);
    assert_eq!(open_files(&all.0.path("out")), Vec::<String>::new());
}

#[test]
fn an_existing_file_keeps_its_mode() {
    let world = World::new(30);
    for name in ["o.ndjson", "c.state.sqlite", "o.sqlite", "s"] {
        fs::write(world.path(name), "").unwrap();
        fs::set_permissions(world.path(name), Permissions::from_mode(0o640)).unwrap();
    }
    run_with_umask_0(&world, "run --config c.json --once --output o.ndjson");
    run_with_umask_0(&world, "run --config c.json --once --output sqlite:o.sqlite --state s");
    for name in ["o.ndjson", "c.state.sqlite", "o.sqlite", "s", "o.sqlite-journal"] {
        assert_eq!(mode(&world.path(name)), 0o640, "{name}");
    }
}
