//! A place in a text of JSON, and the tokens that begin there.

use crate::scan::line::{Line, line_break};
use crate::scan::vector::telling;

/// Where a text is invalid: the number of bytes up to there, as `serde_json` counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop(pub usize);

impl Stop {
    /// Returns the line and the column, which count from 1 and are in bytes.
    pub fn line_and_column(self, text: &str) -> (usize, usize) {
        let before = text.as_bytes().get(..self.0).unwrap_or(text.as_bytes());
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        (line, before.len() - start)
    }
}

/// A place in a text.
pub struct Cursor<'a> {
    /// The whole text.
    pub text: &'a str,
    /// The number of bytes before this place.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Begins a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Returns the text from `start` up to here.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The text is invalid before this place.
    pub(super) fn stop(&self) -> Stop {
        Stop(self.at)
    }

    /// The text is invalid at the byte that stands here.
    pub fn stop_after(&self) -> Stop {
        Stop(self.text.len().min(self.at + 1))
    }

    /// Goes to the next token and returns its first byte. Returns `None` at the end. White space is cut.
    #[inline]
    pub fn token(&mut self, line: &mut Line) -> Option<u8> {
        match self.byte()? {
            b' ' | b'\n' | b'\r' | b'\t' => self.token_after_blanks(line),
            byte => Some(byte),
        }
    }

    fn token_after_blanks(&mut self, line: &mut Line) -> Option<u8> {
        line.copy(self.text, self.at);
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
        line.skip_to(self.at);
        self.byte()
    }

    /// Takes this token.
    pub(super) fn expect(&mut self, token: u8, line: &mut Line) -> Result<(), Stop> {
        if self.token(line) != Some(token) {
            return Err(self.stop_after());
        }
        self.at += 1;
        Ok(())
    }

    /// Takes the rest of a word.
    pub(super) fn word(&mut self, rest: &[u8]) -> Result<(), Stop> {
        for expected in rest {
            let found = self.byte().ok_or(self.stop())?;
            self.at += 1;
            if found != *expected {
                return Err(self.stop());
            }
        }
        Ok(())
    }

    /// Takes the rest of a string, whose opening quotation mark was taken. As in a raw value, surrogates need not be in
    /// pairs.
    #[inline]
    pub(super) fn string(&mut self, line: &mut Line) -> Result<(), Stop> {
        loop {
            self.at = telling(self.text.as_bytes(), self.at);
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0x80..) => self.lead(line),
                _ => return Err(self.stop()),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Takes a character that may be a line break, and writes its escape instead.
    fn lead(&mut self, line: &mut Line) {
        let found = self.text.get(self.at..).and_then(line_break);
        let Some((escaped, length)) = found else {
            self.at += 1;
            return;
        };
        line.copy(self.text, self.at);
        if let Some(out) = line.out() {
            out.push_str(escaped);
        }
        self.at += length;
        line.skip_to(self.at);
    }

    fn escape(&mut self) -> Result<(), Stop> {
        self.at += 1;
        let byte = self.byte().ok_or(self.stop())?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                let digits = self.text.as_bytes().get(self.at..self.at + 4);
                self.at = self.text.len().min(self.at + 4);
                let is_valid = digits.is_some_and(|four| four.iter().all(u8::is_ascii_hexdigit));
                is_valid.then_some(()).ok_or(self.stop())
            }
            _ => Err(self.stop()),
        }
    }

    /// Takes digits and returns whether there was one.
    fn digits(&mut self) -> bool {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        self.at > start
    }

    /// Takes a digit, which must be there.
    fn digit(&mut self) -> Result<u8, Stop> {
        let byte = self.byte().ok_or(self.stop())?;
        self.at += 1;
        if byte.is_ascii_digit() { Ok(byte) } else { Err(self.stop()) }
    }

    /// Takes a number.
    pub(super) fn number(&mut self) -> Result<(), Stop> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let is_zero = self.digit()? == b'0';
        if is_zero && matches!(self.byte(), Some(b'0'..=b'9')) {
            return Err(self.stop_after());
        }
        self.digits();
        if self.byte() == Some(b'.') {
            self.at += 1;
            if !self.digits() {
                return Err(self.stop_after());
            }
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digit()?;
            self.digits();
        }
        Ok(())
    }
}
