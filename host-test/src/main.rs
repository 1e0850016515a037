//! The command `host-test`. All of it is in the library, except for one check that runs before Rust's runtime starts.

use host_test::output::stream::note_closed;

/// Called by the system before Rust's own start-up, which would hide a closed standard output.
/// It makes one system call and needs nothing that Rust sets up.
#[allow(unsafe_code)] // `link_section` counts as unsafe: it tells the linker where to put a pointer.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static NOTE_CLOSED: extern "C" fn() = note_closed;

fn main() -> std::process::ExitCode {
    host_test::cli::main()
}
