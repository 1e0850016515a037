//! Which file a name means: through links, and also before the file exists.

use crate::exit::{Failure, Result};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most links followed from one name. Source: Linux, path_resolution(7).
const LINKS_MAX: usize = 40;

/// The mode of files that we make: audit data and tokens' neighbours are their owner's alone.
pub const PRIVATE: u32 = 0o600;

/// What SQLite appends for the files that it makes beside a database.
/// Source: <https://www.sqlite.org/tempfiles.html>.
const COMPANIONS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// The one absolute name of a file, whatever links lead to it, even if it does not exist yet.
/// An absolute name is also never taken for a URI or for `:memory:` by SQLite.
///
/// # Errors
///
/// [`Failure::Refused`]: it names no file, its folder does not exist, or links go in a circle.
pub fn true_name(path: &Path) -> Result<PathBuf> {
    let refuse = |why: String| Failure::Refused(format!("{}: {why}", path.display()));
    let mut name = path.to_owned();
    for _ in 0..LINKS_MAX {
        if let Ok(found) = name.canonicalize() {
            return Ok(found);
        }
        // It does not exist, or it is a link to something that does not.
        let last = name.file_name().ok_or_else(|| refuse("is not the name of a file".into()))?;
        let folder = folder(&name)
            .canonicalize()
            .map_err(|error| refuse(format!("folder {}: {error}", folder(&name).display())))?;
        let here = folder.join(last);
        match here.read_link() {
            Ok(target) => name = folder.join(target),
            Err(_) => return Ok(here),
        }
    }
    Err(refuse("is a circle of links".into()))
}

/// The folder that a name lies in.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The name of the lock file of `path`.
pub fn lock_beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    PathBuf::from(name)
}

/// A database and all files that SQLite or we make beside it.
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

/// Whether two names mean one file, also by links, and also before it exists.
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
    fn an_alias_has_the_name_of_what_it_means_before_it_exists() {
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
