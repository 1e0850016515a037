//! Adds the target of the components before anything heavy is compiled, or fails with the command that adds it.
//!
//! Cargo compiles first what most other crates wait for, so the build script of a crate at the end of the graph, as
//! `host-test` is, runs after minutes. Most of the graph waits for `cfg-if`, so this build script runs within seconds.
//! (A crate that only passes the published one on would do, but cargo takes no two compatible versions of one name.)

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(why) = wasm_target::ensure(Path::new(".")) {
        // Fails the build with this line.
        println!("cargo::error={why}");
    }
}
