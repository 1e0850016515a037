//! The command `source-buildkite-audit-logs`. By the name `tap-buildkite-audit-logs`, it is a Singer tap.

use host_test::output::stream::note_closed;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Called by the system before Rust's own start-up, which would hide a closed standard output.
#[allow(unsafe_code)] // `link_section` counts as unsafe: it tells the linker where to put a pointer.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static NOTE_CLOSED: extern "C" fn() = note_closed;

fn main() -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let name = args.first().and_then(|path| Path::new(path).file_name());
    let is_tap = name.is_some_and(|name| name.to_string_lossy().starts_with("tap-"));
    let has_word = args.get(1).is_some_and(|word| word == "singer");
    if has_word && !is_tap {
        args.remove(1);
        // The name in the help.
        args[0] = "source-buildkite-audit-logs singer".into();
    }
    match is_tap || has_word {
        true => protocols::singer::main(args),
        false => protocols::airbyte::main(args),
    }
}
