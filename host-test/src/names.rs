//! Finds the file that a path refers to, through links and even before the file exists.

use crate::exit::{Failure, Result};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Maximum number of links followed from one name. Source: Linux, path_resolution(7).
const LINKS_MAX: usize = 40;

/// The mode of files that the host creates: only the owner may read audit data and files next to tokens.
pub const PRIVATE: u32 = 0o600;

/// Suffixes of the files that SQLite creates next to a database.
/// Source: <https://www.sqlite.org/tempfiles.html>.
const COMPANIONS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Returns the canonical absolute name of a file, through all links, even if it does not exist yet. SQLite never
/// mistakes an absolute name for a URI or for `:memory:`.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if `path` does not name a file, its folder does not exist, or its links form a loop.
pub fn true_name(path: &Path) -> Result<PathBuf> {
    let refuse = |why: String| Failure::Refused(format!("{}: {why}", path.display()));
    let mut name = path.to_owned();
    for _ in 0..LINKS_MAX {
        if let Ok(found) = name.canonicalize() {
            return Ok(found);
        }
        // It does not exist, or it links to something that does not.
        let last = name.file_name().ok_or_else(|| refuse("is not the name of a file".into()))?;
        let folder = folder(&name)
            .canonicalize()
            .map_err(|error| refuse(no_folder(folder(&name), &error)))?;
        let here = folder.join(last);
        match here.read_link() {
            Ok(target) => name = folder.join(target),
            Err(_) => return Ok(here),
        }
    }
    Err(refuse("its links form a loop; remove one of them".into()))
}

/// Returns why a folder cannot be used, and what to do if it does not exist.
pub fn no_folder(folder: &Path, error: &std::io::Error) -> String {
    let folder = folder.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("the folder {folder} does not exist; create it"),
        _ => format!("the folder {folder} is not usable: {error}"),
    }
}

/// Returns the folder that contains `path`.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Returns the name of the lock file for `path`.
pub fn lock_beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    PathBuf::from(name)
}

/// Returns the names of a database and of all files that SQLite or the host creates next to it.
pub fn family(database: &Path) -> Vec<PathBuf> {
    let beside = |end: &&str| {
        let mut name = OsString::from(database);
        name.push(end);
        PathBuf::from(name)
    };
    let mut all = vec![database.to_owned(), lock_beside(database)];
    all.extend(COMPANIONS.iter().map(beside));
    all
}

/// Returns whether two names refer to the same file, through links and even before it exists.
pub fn is_same(a: &Path, b: &Path) -> bool {
    if let (Ok(a), Ok(b)) = (a.metadata(), b.metadata()) {
        return (a.dev(), a.ino()) == (b.dev(), b.ino());
    }
    match (true_name(a), true_name(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_has_the_name_of_its_target_even_before_the_target_exists() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("b", at("a")).unwrap();
        symlink("c", at("b")).unwrap();
        symlink(".", at("here")).unwrap();
        let c = true_name(&at("c")).unwrap();
        assert_eq!(true_name(&at("a")).unwrap(), c);
        assert_eq!(true_name(&at("here/b")).unwrap(), c);
        assert!(is_same(&at("here/a"), &at("c")) && !is_same(&at("a"), &at("d")));
        symlink("loop", at("loop")).unwrap();
        assert!(true_name(&at("loop")).is_err());
        assert!(true_name(Path::new("")).is_err());
    }
}
