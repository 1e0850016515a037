//! The target that the components are compiled for, and how it gets onto a machine.
//!
//! `rust-toolchain.toml` declares the target, and rustup installs what is declared there, unless it is told not to
//! (`RUSTUP_AUTO_INSTALL=0`). A distribution's toolchain does not read that file at all. Whatever builds a component
//! calls [`ensure`] first: it adds a missing target where rustup is at hand, and names the command to run where it is
//! not.

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

/// The linker that `.cargo/config.toml` names for it. It comes with rustup's toolchains.
const LINKER: &str = "wasm-component-ld";

/// Sees that components can be compiled with the compiler that cargo uses in the folder `root`. Says in a line on the
/// terminal that it installs something.
///
/// # Errors
///
/// What is missing, why it cannot be installed, and the command that installs it.
pub fn ensure(root: &Path) -> Result<(), String> {
    let toolchain = Toolchain::of(root)?;
    toolchain.has_linker()?;
    if toolchain.has_target() {
        return Ok(());
    }
    // Builds that run side by side do not install it side by side.
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
