//! A tenant's folder: `config.json` with its settings and the names of its secret files. What is in
//! it comes from somebody who is trusted with nothing, so it may name nothing outside of it.

use crate::config::file::Config;
use crate::config::json;
use crate::config::keys::{known, object};
use crate::config::misplaced;
use crate::config::text::decode;
use crate::egress::token::{Token, is_like};
use crate::guest::limits::Limits;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

/// The file with a tenant's settings.
pub const CONFIG: &str = "config.json";

/// Largest file read of a tenant, in bytes: 256 KiB, as the component takes of settings.
const FILE_BYTES_MAX: u64 = 256 << 10;

/// Longest name of a tenant, which is also the name of its output.
const NAME_CHARS_MAX: usize = 100;

/// Secrets of one tenant.
const SECRETS_MAX: usize = 16;

/// What a tenant's config consists of.
const KEYS: [&str; 2] = ["settings", "secrets"];

/// What only the operator decides, by flags. Named when a tenant tries.
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

/// What a tenant wants: `None` when its folder has gone, in words what is wrong with it.
pub type Wanted = Option<std::result::Result<Arc<Wish>, String>>;

/// What a tenant wants.
#[derive(Debug)]
pub struct Wish {
    /// Its settings and its token.
    pub config: Config,
    /// Of all that was read: whether anything changed.
    pub digest: [u8; 32],
}

/// Whether a folder of this name is a tenant's. Others are left alone.
pub fn is_name(name: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (1..=NAME_CHARS_MAX).contains(&name.len())
        && name.chars().all(allowed)
        && !name.starts_with('.')
}

/// Reads a tenant's folder; none if there is none.
///
/// # Errors
///
/// What is wrong, by key and file name, never with the value of a secret.
pub fn read(dir: &Path, name: &str, limits: Limits) -> Result<Option<Wish>, String> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match rustix::fs::open(dir.join(name), flags, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        Err(error) => return Err(format!("the folder cannot be opened: {error}")),
    };
    let mut digest = Sha256::new();
    let text = read_in(&folder, CONFIG, &mut digest)?;
    let value = json::read(&text).map_err(|why| format!("{CONFIG}: {why}"))?;
    let mut top = object(value, CONFIG)?;
    if let Some(key) = OPERATORS.iter().find(|key| top.contains_key(**key)) {
        return Err(format!(
            "{CONFIG}: {key} is for the operator to decide, by flags; take it out"
        ));
    }
    misplaced::at_top(&top, &KEYS)
        .and_then(|()| known(&top, "", &KEYS))
        .map_err(|why| format!("{CONFIG}: {why}"))?;
    let mut config = Config {
        settings: top.remove("settings").ok_or("config.json: the key settings is missing")?,
        secret_names: Vec::new(),
        token: None,
        component: None,
        limits,
        files: Vec::new(),
    };
    misplaced::in_settings(&config.settings).map_err(|why| format!("{CONFIG}: {why}"))?;
    let secrets = top
        .remove("secrets")
        .map_or(Ok(serde_json::Map::new()), |value| object(value, "secrets"))?;
    if secrets.len() > SECRETS_MAX {
        return Err(format!("secrets: {} of them, at most {SECRETS_MAX} are taken", secrets.len()));
    }
    for (name, source) in secrets {
        misplaced::as_name(&name)?;
        let file = secret_file(&name, source).map_err(|why| misplaced::in_secrets(&name, why))?;
        let text = read_in(&folder, &file, &mut digest)?;
        let token = Token::new(&text)
            .map_err(|why| format!("secrets.{name}: the token in {file} {why}"))?;
        if name == "api_token" {
            config.token = Some(token);
        }
        config.secret_names.push(name);
    }
    Ok(Some(Wish { config, digest: digest.finalize().into() }))
}

/// The plain name of the file that a secret is in.
fn secret_file(name: &str, source: Value) -> Result<String, String> {
    let help = format!("secrets.{name}: write {{\"file\": \"NAME\"}}, a file of this folder");
    let Value::Object(source) = source else {
        return Err(format!("{help}, not the value itself; if it was a real token, revoke it"));
    };
    if source.contains_key("env") {
        return Err(format!("{help}; a tenant has no environment variables"));
    }
    known(&source, &format!("secrets.{name}."), &["file"])?;
    match source.get("file").and_then(Value::as_str) {
        Some(file) if is_like(file) => Err(format!("{help}; if it was a token, revoke it")),
        Some(file) if file.contains(['/', '\0']) || [".", "..", ""].contains(&file) => {
            Err(format!("{help}; it may not lead out of it"))
        }
        Some(file) => Ok(file.to_owned()),
        None => Err(help),
    }
}

/// Reads a regular file of the folder itself: no link, no pipe, no second name of another's file.
fn read_in(folder: &OwnedFd, name: &str, digest: &mut Sha256) -> Result<String, String> {
    // Not to wait for the writer of a pipe.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(folder.as_fd(), name, flags, Mode::empty()).map_err(|error| match error {
        Errno::LOOP => format!("{name}: is a link, which a tenant may not use"),
        Errno::NOENT => format!("{name}: is missing in the tenant's folder"),
        error => format!("{name}: {error}"),
    })?;
    let file = File::from(file);
    let metadata = file.metadata().map_err(|error| format!("{name}: {error}"))?;
    if !metadata.is_file() || metadata.nlink() > 1 {
        return Err(format!(
            "{name}: must be a regular file with one name; copy it, do not link it"
        ));
    }
    let mut bytes = Vec::new();
    let size = file
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{name}: {error}"))?;
    if size as u64 > FILE_BYTES_MAX {
        return Err(format!("{name}: larger than {FILE_BYTES_MAX} bytes"));
    }
    digest.update((size as u64).to_be_bytes());
    digest.update(&bytes);
    decode(bytes).map_err(|why| format!("{name}: {why}"))
}
