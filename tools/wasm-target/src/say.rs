//! Prints a line for the person at the terminal.

use std::io::{IsTerminal, Write};

/// Prints a line on standard error and, if that is not the terminal, on the terminal too. Cargo hides what a build
/// script prints, and would repeat a warning at every later build.
pub fn line(text: &str) {
    eprintln!("{text}");
    if std::io::stderr().is_terminal() {
        return;
    }
    if let Ok(mut terminal) = std::fs::File::options().write(true).open("/dev/tty") {
        // Overwrites cargo's progress bar. A failure does not matter.
        let _ = writeln!(terminal, "\r\x1b[K{text}");
    }
}
