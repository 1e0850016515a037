//! The members of an object and the items of a list, one by one.

use std::borrow::Cow;

use crate::json::decoded;
use crate::object::push_string;
use crate::scan::cursor::{Cursor, Stop};
use crate::scan::line::Line;
use crate::scan::vector::telling;

impl<'a> Cursor<'a> {
    /// Goes to the next item of a list, or takes its end and returns `false`.
    ///
    /// # Errors
    ///
    /// Returns where the list is invalid.
    pub fn next_item(&mut self, is_first: bool, line: &mut Line) -> Result<bool, Stop> {
        self.next_part(b']', is_first, line)
    }

    /// Takes the name of an object's next member, or its end and returns `None`. Escapes that the name does not need are
    /// not copied.
    ///
    /// # Errors
    ///
    /// Returns where the object is invalid.
    #[inline]
    pub fn next_name(
        &mut self,
        is_first: bool,
        line: &mut Line,
    ) -> Result<Option<Cow<'a, str>>, Stop> {
        if !self.next_part(b'}', is_first, line)? {
            return Ok(None);
        }
        if self.byte() != Some(b'"') {
            return Err(self.stop_after());
        }
        let start = self.at + 1;
        let end = telling(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(self.text.get(start..end).map(Cow::Borrowed));
        }
        self.unusual_name(line).map(Some)
    }

    /// Takes a value, which most often is a short string, and copies nothing.
    ///
    /// # Errors
    ///
    /// Returns where the value is invalid.
    pub fn any_value(&mut self) -> Result<(), Stop> {
        if self.byte() == Some(b'"') {
            let end = telling(self.text.as_bytes(), self.at + 1);
            if self.text.as_bytes().get(end) == Some(&b'"') {
                self.at = end + 1;
                return Ok(());
            }
        }
        self.value(&mut Line::nowhere()).map(|_| ())
    }

    /// Takes the colon after a name.
    ///
    /// # Errors
    ///
    /// Returns where there is none.
    pub fn colon(&mut self, line: &mut Line) -> Result<(), Stop> {
        self.expect(b':', line)
    }

    /// Takes a value that has no use, but must be valid as text or number: surrogates are in pairs and numbers in range.
    ///
    /// # Errors
    ///
    /// Returns where it is invalid.
    pub fn unused_scalar(&mut self) -> Result<(), Stop> {
        if let Some(b'"' | b'-' | b'0'..=b'9') = self.byte() {
            self.decoded()?;
        }
        self.value(&mut Line::nowhere()).map(|_| ())
    }

    /// Takes a name with escapes, or with a character that may be a line break.
    fn unusual_name(&mut self, line: &mut Line) -> Result<Cow<'a, str>, Stop> {
        let name = self.decoded()?.unwrap_or_default();
        line.copy(self.text, self.at);
        self.at += 1;
        self.string(&mut Line::nowhere())?;
        line.skip_to(self.at);
        if let Some(out) = line.out() {
            let mut plain = String::new();
            push_string(&mut plain, &name);
            Cursor::new(&plain).whole(&mut Line::to(out, 0))?;
        }
        Ok(Cow::Owned(name))
    }

    /// Returns the text of the string or number that begins here, as `serde_json` reads it. Few need this.
    fn decoded(&self) -> Result<Option<String>, Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        decoded(rest).map_err(|why| {
            let lines = rest.split_inclusive('\n').take(why.line().saturating_sub(1));
            Stop(self.at + lines.map(str::len).sum::<usize>() + why.column())
        })
    }

    /// Takes the comma before the next part, or the end and returns `false`. Something else than a part may follow the
    /// comma.
    #[inline]
    fn next_part(&mut self, end: u8, is_first: bool, line: &mut Line) -> Result<bool, Stop> {
        let byte = self.token(line).ok_or(self.stop_after())?;
        if byte == end {
            self.at += 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',', line)?;
            self.token(line);
        }
        Ok(true)
    }
}
