//! Adds the target of the components before anything heavy is compiled, or fails with the command that adds it.
//!
//! Cargo first compiles the crates that most others wait for. The build script of a crate at the end of the graph, such
//! as `host-test`, runs only after minutes. Most of the graph waits for `cfg-if`, so this build script runs within
//! seconds. (This crate cannot simply re-export the published one: cargo allows only one of two compatible versions.)

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(why) = wasm_target::ensure(Path::new(".")) {
        // Cargo fails the build and prints this line.
        println!("cargo::error={why}");
    }
}
