//! Reads a file that a person wrote: UTF-8, with or without a byte order mark. Other encodings that editors save are
//! reported by name.
#![allow(clippy::disallowed_methods, reason = "reads files")]

use crate::exit::missing;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// Maximum size of a config or secret file, in bytes: 1 MiB. A larger file was named by mistake.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// How long a pipe may take from opening to its end. The command behind it may ask for a password, or use a network.
const PIPE_WAIT: Duration = Duration::from_secs(30);

/// Byte order marks of other encodings. If one is the beginning of another, the longer one comes first.
const MARKS: [(&[u8], &str); 4] = [
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
];

const REMEDY: &str = "save it as UTF-8 (in PowerShell: Set-Content -Encoding utf8)";

/// Reads a config or secret file.
///
/// # Errors
///
/// Returns a message that says why, without quoting the file.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    read_up_to(path, FILE_BYTES_MAX)
}

/// Reads a file of at most `bytes_max` bytes.
///
/// # Errors
///
/// Same as [`read`].
pub(crate) fn read_up_to(path: &Path, bytes_max: u64) -> Result<String, String> {
    // Opening a pipe without a writer would block otherwise.
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path).map_err(|error| missing(&error))?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        return Err("is a folder; name a file in it".to_owned());
    }
    decode(match metadata.file_type().is_fifo() {
        true => read_pipe(file, bytes_max, PIPE_WAIT)?,
        false => read_at_most(file, bytes_max)?,
    })
}

/// Reads a pipe, such as that of `<(command)`, to its end, for at most this time.
fn read_pipe(mut file: File, bytes_max: u64, wait: Duration) -> Result<Vec<u8>, String> {
    let (mut bytes, mut some) = (Vec::new(), [0; 4096]);
    let end = Instant::now() + wait;
    // Ends with the pipe, the time, or too many bytes.
    loop {
        let left = Timespec::try_from(end.saturating_duration_since(Instant::now()))
            .map_err(|error| error.to_string())?;
        let mut fds = [PollFd::new(&file, PollFlags::IN)];
        let is_ready = match poll(&mut fds, Some(&left)) {
            Ok(count) => count > 0,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.to_string()),
        };
        if !is_ready {
            let seconds = wait.as_secs();
            return Err(format!(
                "is a pipe that did not end within {seconds} s; check the command that writes to it"
            ));
        }
        // Nothing to read, but ready: the writer has closed it.
        match file.read(&mut some).map_err(|error| error.to_string())? {
            0 => return Ok(bytes),
            size => bytes.extend_from_slice(&some[..size]),
        }
        if bytes.len() as u64 > bytes_max {
            return Err(format!("is larger than {bytes_max} bytes; check the file's name"));
        }
    }
}

/// Reads a file that has at most `bytes_max` bytes.
///
/// # Errors
///
/// Returns a message that says why, without quoting the file.
pub(crate) fn read_at_most(file: File, bytes_max: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let size =
        file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    match size as u64 > bytes_max {
        true => Err(format!("is larger than {bytes_max} bytes; check the file's name")),
        false => Ok(bytes),
    }
}

/// Decodes a file's bytes and skips a byte order mark.
///
/// # Errors
///
/// Returns a message with the encoding, or the place that is not UTF-8, and what to do. It does not quote the file,
/// which may be a secret.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let marked = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(_, name)| *name);
    // Without a mark: JSON and tokens begin with ASCII, so every other byte in UTF-16 is zero.
    let unmarked = matches!(bytes[..], [0, ..] | [_, 0, ..]).then_some("UTF-16");
    if let Some(encoding) = marked.or(unmarked) {
        return Err(format!("is {encoding}, but only UTF-8 is supported; {REMEDY}"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        format!("is not UTF-8 (byte {at}); {REMEDY}")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn wide(text: &str, mark: &[u8], of: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(of)).collect()
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(decode(b"\xef\xbb\xbf{}".to_vec()).unwrap(), "{}");
        assert_eq!(decode("é".into()).unwrap(), "é");
        assert_eq!(decode(Vec::new()).unwrap(), "");
    }

    #[test]
    fn other_encodings_are_named_with_what_to_do() {
        for (bytes, name) in [
            (wide("{}", b"\xff\xfe", u16::to_le_bytes), "is UTF-16,"),
            (wide("{}", b"\xfe\xff", u16::to_be_bytes), "is UTF-16,"),
            (wide("{}", b"", u16::to_le_bytes), "is UTF-16,"),
            (wide("{}", b"", u16::to_be_bytes), "is UTF-16,"),
            (b"\xff\xfe\0\0{\0\0\0".to_vec(), "is UTF-32,"),
            (b"\0\0\xfe\xff\0\0\0{".to_vec(), "is UTF-32,"),
            (b"caf\xe9".to_vec(), "is not UTF-8 (byte 4)"),
        ] {
            let error = decode(bytes).unwrap_err();
            assert!(error.contains(name) && error.contains("save it as UTF-8"), "{error}");
        }
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_one_without_a_writer_is_refused() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        std::io::Write::write_all(&mut writer, b"a token\n").unwrap();
        drop(writer);
        assert_eq!(read(Path::new(&path)).unwrap(), "a token\n");
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(&pipe)
            .unwrap();
        let why = read_pipe(file, FILE_BYTES_MAX, Duration::from_millis(1)).unwrap_err();
        assert!(why.starts_with("is a pipe that did not end within"), "{why}");
        assert!(read(folder.path()).unwrap_err().starts_with("is a folder"));
    }
}
