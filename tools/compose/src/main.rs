//! Compiles the source, optionally with an engine's adapter and a transform, and writes one component.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use compose::Part;

/// Compile the source, optionally with an engine's adapter and a transform, and write one component
#[derive(Debug, Parser)]
#[command(
    after_help = "With --transform, the source's settings have one more key for those of the transform:
  {\"org_slug\": \"acme\", \"transform\": {\"schema\": \"ecs\"}}

Examples:
  tools/release/build && cargo run -p compose -- wasmcloud \\
      --source target/release-component/buildkite_audit_logs.wasm --output composed.wasm
  cargo run -p compose -- spin --transform --output composed.wasm"
)]
struct Options {
    /// The engine to compose for
    engine: Engine,
    /// Use this source component, for example a released one, instead of compiling it
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// Pass the records through a transform: this component or, without =FILE, the one for SIEMs in transforms/siem
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    transform: Option<Option<PathBuf>>,
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
    /// No engine: the source itself, for any host of sources
    Source,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let target = PathBuf::from(compose::ROOT).join("target/components");
    let part = |file: Option<PathBuf>| file.map_or(Part::Own, Part::File);
    let transform = options.transform.map(part);
    let source = compose::source(&part(options.source), transform.as_ref(), &target);
    let whole = source.and_then(|source| match options.engine {
        Engine::Spin => compose::composed("spin-trigger", source, &target),
        Engine::Wasmcloud => compose::composed("wasmcloud-service", source, &target),
        Engine::Source => Ok(source),
    });
    let written = whole.and_then(|wasm| {
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
