//! A tenant's folder: `config.json`, with its settings and the names of its secret files. Tenants
//! are not trusted, so the config may not refer to anything outside the folder.

use crate::config::file::Config;
use crate::config::json;
use crate::config::keys::{known, object};
use crate::config::misplaced;
use crate::config::secret::Found;
use crate::config::text::{decode, read_at_most};
use crate::credential::token::is_like;
use crate::limits::Limits;
use buildkite_audit_logs::settings::SETTINGS_BYTES_MAX;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

/// The file with a tenant's settings.
pub const CONFIG: &str = "config.json";

/// Maximum length of a tenant's name, which is also the name of its output.
pub(super) const NAME_CHARS_MAX: usize = 100;

/// Maximum number of secrets per tenant.
const SECRETS_MAX: usize = 16;

/// The keys of a tenant's config.
const KEYS: [&str; 2] = ["settings", "secrets"];

/// Keys that only the operator can set, with flags. Their error message says so.
const OPERATORS: [&str; 12] = [
    "component",
    "limits",
    "output",
    "state",
    "allow_host",
    "allow_private",
    "ca_file",
    "egress",
    "env",
    "concurrency",
    "metrics",
    "proxy",
];

/// A tenant's config: `None` if its folder is gone, or an error with what is wrong.
pub type Wanted = Option<std::result::Result<Arc<Wish>, String>>;

/// A tenant's valid config.
#[derive(Debug)]
pub struct Wish {
    /// The settings and the token.
    pub config: Config,
    /// A digest of all files read, to detect changes.
    pub digest: [u8; 32],
}

/// Returns whether a folder of this name belongs to a tenant. Others are ignored.
pub fn is_name(name: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (1..=NAME_CHARS_MAX).contains(&name.len())
        && name.chars().all(allowed)
        && !name.starts_with('.')
}

/// Reads a tenant's folder. Returns `None` if it does not exist.
///
/// # Errors
///
/// Returns what is wrong, by key and file name, never with the value of a secret.
pub fn read(dir: &Path, name: &str, limits: Limits) -> Result<Option<Wish>, String> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match rustix::fs::open(dir.join(name), flags, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        Err(error) => return Err(format!("cannot open the folder: {error}")),
    };
    let mut digest = Sha256::new();
    let text = read_in(&folder, CONFIG, &mut digest)?;
    let value = json::read(&text).map_err(|why| format!("{CONFIG}: {why}"))?;
    let mut top = object(value, CONFIG)?;
    if let Some(key) = OPERATORS.iter().find(|key| top.contains_key(**key)) {
        return Err(format!("{CONFIG}: only the operator can set {key}, with a flag; remove it"));
    }
    misplaced::at_top(&top, &KEYS)
        .and_then(|()| known(&top, "", &KEYS))
        .map_err(|why| format!("{CONFIG}: {why}"))?;
    let mut config = Config {
        settings: top
            .remove("settings")
            .ok_or("config.json: the key settings is missing; add it")?,
        secret_names: Vec::new(),
        credential: None,
        component: None,
        limits,
        files: Vec::new(),
    };
    misplaced::in_settings(&config.settings).map_err(|why| format!("{CONFIG}: {why}"))?;
    let secrets = top
        .remove("secrets")
        .map_or(Ok(serde_json::Map::new()), |value| object(value, "secrets"))?;
    if secrets.len() > SECRETS_MAX {
        return Err(format!(
            "secrets: {} secrets, but at most {SECRETS_MAX} are allowed; remove some",
            secrets.len()
        ));
    }
    for (name, source) in secrets {
        let mut find = |place: &str, source: Value| {
            let file = secret_file(place, source)?;
            let text = read_in(&folder, &file, &mut digest);
            let text = text.map_err(|why| format!("{place}: {why}"))?;
            // A change of the file is found by watching the folder.
            Ok(Found { place: file, text, file: None })
        };
        config.keep(&name, source, &mut find)?;
    }
    Ok(Some(Wish { config, digest: digest.finalize().into() }))
}

/// Returns the plain name of the file that holds a secret.
fn secret_file(place: &str, source: Value) -> Result<String, String> {
    let help =
        format!("{place}: write {{\"file\": \"NAME\"}}, where NAME is a file in this folder");
    let Value::Object(source) = source else {
        return Err(format!("{help}, not the value itself; if it was a real token, revoke it"));
    };
    if source.contains_key("env") {
        return Err(format!("{help}; tenants cannot use environment variables"));
    }
    known(&source, &format!("{place}."), &["file"])?;
    match source.get("file").and_then(Value::as_str) {
        Some(file) if is_like(file) => Err(format!("{help}; if it was a token, revoke it")),
        Some(file) if file.contains(['/', '\0']) || [".", "..", ""].contains(&file) => {
            Err(format!("{help}; it must be a plain name, without a path"))
        }
        Some(file) => Ok(file.to_owned()),
        None => Err(help),
    }
}

/// Reads a regular file directly in the folder: not a link, a pipe, or a hard link to another file.
fn read_in(folder: &OwnedFd, name: &str, digest: &mut Sha256) -> Result<String, String> {
    // NONBLOCK, because opening a pipe would wait for its writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(folder.as_fd(), name, flags, Mode::empty()).map_err(|error| match error {
        Errno::LOOP => format!("{name}: is a link, which tenants cannot use; copy the file"),
        Errno::NOENT => format!("{name}: is missing from the tenant's folder; create it"),
        error => format!("{name}: {error}"),
    })?;
    let file = File::from(file);
    let metadata = file.metadata().map_err(|error| format!("{name}: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("{name}: is not a regular file; copy its content into one"));
    }
    if metadata.nlink() > 1 {
        return Err(format!("{name}: has other names (hard links); copy it instead of linking it"));
    }
    let bytes =
        read_at_most(file, SETTINGS_BYTES_MAX as u64).map_err(|why| format!("{name}: {why}"))?;
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(&bytes);
    decode(bytes).map_err(|why| format!("{name}: {why}"))
}
