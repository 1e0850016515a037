//! Installs the target that the components are compiled for.
//!
//! `rust-toolchain.toml` declares the target, and rustup installs what that file declares, unless
//! `RUSTUP_AUTO_INSTALL=0` is set. A distribution's toolchain does not read the file at all. Everything that builds a
//! component therefore calls [`ensure`] first. It adds a missing target with rustup or, without rustup, returns the
//! command to run.

mod bounded;
mod lock;
mod rustup;
mod say;
mod toolchain;

use std::path::Path;

pub use toolchain::rustc;

use toolchain::Toolchain;

/// The target of the components.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The linker that `.cargo/config.toml` names for the target. It comes with rustup's toolchains.
const LINKER: &str = "wasm-component-ld";

/// Makes sure that the compiler that cargo uses in the folder `root` can compile components. Prints a line on the
/// terminal before it installs anything.
///
/// # Errors
///
/// Returns a message that says what is missing, why it cannot be installed, and which command installs it.
pub fn ensure(root: &Path) -> Result<(), String> {
    let toolchain = Toolchain::of(root)?;
    toolchain.has_linker()?;
    if toolchain.has_target() {
        return Ok(());
    }
    // Only one of several parallel builds installs it.
    let _lock = lock::take(&toolchain)?;
    if toolchain.has_target() {
        return Ok(());
    }
    rustup::add(&toolchain)?;
    if !toolchain.has_target() {
        return Err(format!(
            "rustup added the target {TARGET}, but it is not in {}; run: {}",
            toolchain.sysroot.display(),
            rustup::command(&toolchain)
        ));
    }
    Ok(())
}
