//! Sees that the target of the components is installed, before anything heavy is compiled.
//!
//! Cargo compiles first what most other crates wait for, so that the build script of a crate at the end of the graph,
//! as `host-test` is, runs after minutes. Most of the graph waits for `cfg-if`, and a build script of it runs within
//! seconds. It is one macro, which its authors no longer change.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(why) = wasm_target::ensure(Path::new(".")) {
        // Fails the build with this line.
        println!("cargo::error={why}");
    }
}
