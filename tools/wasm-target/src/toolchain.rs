//! A compiler and the files that came with it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{LINKER, TARGET};

/// Returns the compiler that cargo uses: the one that `RUSTC` names, or `rustc` in `PATH`.
pub fn rustc() -> OsString {
    std::env::var_os("RUSTC").filter(|name| !name.is_empty()).unwrap_or("rustc".into())
}

/// A compiler and the files that came with it.
pub struct Toolchain {
    /// Its root folder.
    pub sysroot: PathBuf,
    /// The folder for the target's libraries. It may not exist.
    libraries: PathBuf,
    /// The host tuple, such as `x86_64-unknown-linux-gnu`.
    host: String,
}

impl Toolchain {
    /// Returns the toolchain that is used in this folder.
    pub fn of(root: &Path) -> Result<Self, String> {
        let rustc = rustc();
        let output = Command::new(&rustc)
            .current_dir(root)
            .args(["--print", "sysroot", "--print", "target-libdir", "--print", "host-tuple"])
            .args(["--target", TARGET])
            .output()
            .map_err(|error| format!("cannot run {}: {error}", rustc.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let [sysroot, libraries, host] = text.lines().collect::<Vec<_>>()[..] else {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "{} does not print its folders: {}",
                rustc.display(),
                stderr.trim()
            ));
        };
        Ok(Self { sysroot: sysroot.into(), libraries: libraries.into(), host: host.to_owned() })
    }

    /// Returns whether the target's libraries are installed.
    pub fn has_target(&self) -> bool {
        let files = std::fs::read_dir(&self.libraries).into_iter().flatten().flatten();
        // The file name continues with a hash. Rustup moves the whole folder into place at once.
        files.map(|file| file.file_name()).any(|name| {
            let name = name.to_string_lossy();
            name.starts_with("libcore-") && name.ends_with(".rlib")
        })
    }

    /// Checks that the target's linker is in the toolchain or in `PATH`.
    pub fn has_linker(&self) -> Result<(), String> {
        let own = self.sysroot.join("lib/rustlib").join(&self.host).join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let file = format!("{LINKER}{}", std::env::consts::EXE_SUFFIX);
        let mut folders = std::iter::once(own).chain(std::env::split_paths(&path));
        match folders.any(|folder| folder.join(&file).is_file()) {
            true => Ok(()),
            false => Err(format!(
                "the Rust toolchain {} has no {LINKER}, which links components; install Rust with rustup \
                 (https://rustup.rs), or run: cargo install {LINKER}",
                self.sysroot.display()
            )),
        }
    }

    /// Returns rustup's name for the toolchain.
    pub fn name(&self) -> String {
        let name = self.sysroot.file_name().unwrap_or(self.sysroot.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Returns the folder of the rustup that installed the toolchain. `None` if it came from elsewhere.
    pub fn rustup_home(&self) -> Option<&Path> {
        let toolchains = self.sysroot.parent()?;
        // Rustup's list of the components that can be added.
        let manifest = self.sysroot.join("lib/rustlib/multirust-channel-manifest.toml");
        (toolchains.ends_with("toolchains") && manifest.is_file())
            .then(|| toolchains.parent())
            .flatten()
    }
}
