//! Explains errors caused by a hardened or constrained environment: which limit or setting is the cause.

use rustix::process::{Resource, getrlimit};

/// Why wasmtime needs executable memory, and which settings may deny it.
const EXECUTABLE: &str = "this system denies executable memory, which compiled components need; in \
    a systemd unit, set MemoryDenyWriteExecute=no; otherwise allow it in the SELinux, seccomp or \
    prctl(PR_SET_MDWE) policy that forbids it";

/// Why wasmtime needs to create files. Some kernels apply the file size limit to in-memory files too.
const FILE_SIZE: &str = "the file size limit is too small: a component's initial memory is \
    mapped from an in-memory file; run `ulimit -f unlimited`, or set LimitFSIZE=infinity in a \
    systemd unit";

/// Returns what to do about a wasmtime error that the environment causes, followed by the error, or `None` for other
/// errors.
pub fn cause(error: &wasmtime::Error) -> Option<String> {
    let text = format!("{error:#}");
    let cause = judge(&text, getrlimit(Resource::As).current)?;
    Some(format!("{cause} ({text})"))
}

/// Returns what to do about an error, followed by the error, or only the error if the environment is not the cause.
pub fn explain(error: &wasmtime::Error) -> String {
    cause(error).unwrap_or_else(|| format!("{error:#}"))
}

/// Returns the cause of an error, given the limit on address space in bytes.
fn judge(text: &str, address_space: Option<u64>) -> Option<String> {
    let lower = text.to_lowercase();
    let is_memory =
        ["mmap", "mprotect", "memory", "mapping"].iter().any(|word| lower.contains(word));
    // Wasmtime keeps the operating system's error number and the C library's text.
    let is_denied = ["os error 13", "os error 1)", "permission denied", "not permitted"];
    let is_short = ["os error 12", "cannot allocate memory", "out of memory"];
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if is_memory && has(&is_denied) {
        return Some(EXECUTABLE.to_owned());
    }
    if has(&["os error 27", "file too large"]) {
        return Some(FILE_SIZE.to_owned());
    }
    if !has(&is_short) {
        return None;
    }
    Some(match address_space {
        Some(bytes) => format!(
            "the limit on virtual memory, {} KiB, is too small: components reserve address \
             space, not memory; run `ulimit -v unlimited`, or set LimitAS=infinity in a systemd \
             unit",
            bytes >> 10
        ),
        None => "this system denies virtual memory: components reserve address space, not memory; \
             check vm.overcommit_memory, vm.max_map_count and the container's memory limit"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_denial_names_its_setting_and_other_errors_have_no_cause() {
        let denied = "failed to make memory executable: Permission denied (os error 13)";
        assert!(judge(denied, None).unwrap().contains("MemoryDenyWriteExecute=no"));
        let short =
            "mmap failed to reserve 0x100000000 bytes: Cannot allocate memory (os error 12)";
        assert!(judge(short, Some(2 << 30)).unwrap().contains("2097152 KiB"));
        assert!(judge(short, None).unwrap().contains("vm.overcommit_memory"));
        let large = "File too large (os error 27)";
        assert!(judge(large, None).unwrap().contains("LimitFSIZE=infinity"));
        for other in ["expected a component", "Permission denied (os error 13)", "wasm trap"] {
            assert_eq!(judge(other, Some(1)), None, "{other}");
        }
    }
}
