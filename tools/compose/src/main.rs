//! Compiles the source and an engine's adapter, and writes both as one component.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Compile the source and an engine's adapter, and write both as one component
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  tools/release/build && cargo run -p compose -- wasmcloud \\
      --source target/release-component/buildkite_audit_logs.wasm --output composed.wasm")]
struct Options {
    /// The engine to compose for
    engine: Engine,
    /// Use this source component, for example a released one, instead of compiling it
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// Write the component to this file
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    /// The HTTP trigger in adapters/spin (Spin can also compose it itself, from spin.toml)
    Spin,
    /// The service in adapters/wasmcloud
    Wasmcloud,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let adapter = match options.engine {
        Engine::Spin => "spin-trigger",
        Engine::Wasmcloud => "wasmcloud-service",
    };
    let target = PathBuf::from(compose::ROOT).join("target/components");
    let written = compose::composed(adapter, options.source.as_deref(), &target).and_then(|wasm| {
        std::fs::write(&options.output, &wasm)
            .map_err(|error| format!("cannot write {}: {error}", options.output.display()))?;
        Ok(wasm.len())
    });
    match written {
        Ok(bytes) => {
            eprintln!("{}: {bytes} bytes", options.output.display());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
