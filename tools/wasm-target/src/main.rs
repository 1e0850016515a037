//! `cargo run --package wasm-target`, for scripts: installs the target of the components, or says what to do.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match wasm_target::ensure(Path::new(".")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
