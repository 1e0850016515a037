//! `cargo component`: builds the source component or another package.

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
Builds a component of this repository as it is released.

usage: cargo component [PACKAGE] [--target-dir FOLDER]

PACKAGE defaults to buildkite-audit-logs, and FOLDER to target/components. Prints the
component's path. Run it in the root folder of the repository.

Example:
  cargo component spin-trigger";

fn main() -> ExitCode {
    let mut package = component::SOURCE.to_owned();
    let mut target = "target/components".to_owned();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-h" | "--help" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            "--target-dir" => match arguments.next() {
                Some(folder) => target = folder,
                None => return refuse("--target-dir needs a folder; see --help"),
            },
            name if !name.starts_with('-') => name.clone_into(&mut package),
            _ => return refuse(&format!("unknown option {argument}; see --help")),
        }
    }
    let root = match std::env::current_dir() {
        Ok(root) => root,
        Err(error) => return refuse(&format!("cannot find the current folder: {error}")),
    };
    match component::build(&root, &package, &root.join(Path::new(&target))) {
        Ok(wasm) => {
            println!("{}", wasm.display());
            ExitCode::SUCCESS
        }
        Err(why) => refuse(&why),
    }
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::FAILURE
}
