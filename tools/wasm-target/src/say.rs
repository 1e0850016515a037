//! A line for the person at the terminal.

use std::io::{IsTerminal, Write};

/// Says a line on standard error, and on the terminal where that is another place: cargo hides what a build script
/// writes, and repeats a warning with every later build.
pub fn line(text: &str) {
    eprintln!("{text}");
    if std::io::stderr().is_terminal() {
        return;
    }
    if let Ok(mut terminal) = std::fs::File::options().write(true).open("/dev/tty") {
        // Over cargo's progress bar. Nothing depends on it.
        let _ = writeln!(terminal, "\r\x1b[K{text}");
    }
}
