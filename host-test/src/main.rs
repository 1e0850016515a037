//! The command `host-test`; all of it is in the library.

fn main() -> std::process::ExitCode {
    host_test::cli::main()
}
