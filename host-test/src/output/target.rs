//! The output that the operator named, and the files that it must not overwrite.

use crate::exit::{Failure, Result};
use crate::names::{family, folder, is_same, no_folder};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// An output that the operator named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `-`: standard output, delivered at least once.
    Stdout,
    /// A file with one record per line, delivered exactly once.
    File(PathBuf),
    /// `sqlite:FILE`: the table `events` of a database, delivered exactly once.
    Sqlite(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match (text, text.strip_prefix("sqlite:")) {
            ("", _) | (_, Some("")) => {
                Err("the name is empty; name a file, - or sqlite:FILE".to_owned())
            }
            ("-", _) => Ok(Self::Stdout),
            (_, Some(path)) => Ok(Self::Sqlite(PathBuf::from(path))),
            (path, None) => Ok(Self::File(PathBuf::from(path))),
        }
    }
}

/// Refuses an output that would overwrite files with another purpose. `written` lists all files
/// that the output consists of.
pub(super) fn refuse_own_files(
    output: &Path,
    written: &[PathBuf],
    state: &Path,
    sources: &[PathBuf],
) -> Result<()> {
    let name = output.display();
    let folder = folder(output);
    if let Err(error) = folder.canonicalize() {
        return Err(Failure::Refused(format!("output {name}: {}", no_folder(folder, &error))));
    }
    for file in written {
        let clash = match () {
            () if sources.iter().any(|own| is_same(file, own)) => "a file that the config uses",
            () if family(state).iter().any(|own| is_same(file, own)) => {
                "the state file, its lock or its journal"
            }
            () => continue,
        };
        return Err(Failure::Refused(match file == output {
            true => format!("output {name} is {clash}; name another file"),
            false => format!(
                "output {name} needs {}, which is {clash}; name another file",
                file.display()
            ),
        }));
    }
    Ok(())
}
