//! Whole values of JSON, however deeply they are nested.

use crate::scan::cursor::{Cursor, Stop};
use crate::scan::line::Line;
use crate::scan::nest::Nest;

impl Cursor<'_> {
    /// Takes a value and returns how deeply it is nested: 0 for one that is neither a list nor an object.
    ///
    /// # Errors
    ///
    /// Returns where the value is invalid.
    pub fn value(&mut self, line: &mut Line) -> Result<usize, Stop> {
        let mut nest = Nest::default();
        let mut deepest = 0;
        loop {
            let is_opened = self.scalar_or_open(&mut nest, line)?;
            deepest = deepest.max(nest.depth());
            if !is_opened && nest.depth() == 0 {
                return Ok(0);
            }
            self.comma_or_close(&mut nest, !is_opened, line)?;
            if nest.depth() == 0 {
                return Ok(deepest);
            }
            if nest.is_object() {
                self.name(line)?;
            }
        }
    }

    /// Takes a value that is the whole text.
    ///
    /// # Errors
    ///
    /// Returns where the text is invalid.
    pub fn whole(&mut self, line: &mut Line) -> Result<usize, Stop> {
        let deepest = self.value(line)?;
        self.end(line)?;
        line.copy(self.text, self.at);
        Ok(deepest)
    }

    /// Takes the end of the text.
    ///
    /// # Errors
    ///
    /// Returns where something else follows.
    pub fn end(&mut self, line: &mut Line) -> Result<(), Stop> {
        self.token(line).map_or(Ok(()), |_| Err(self.stop_after()))
    }

    /// Takes a value without parts, or opens a list or an object. Returns whether one was opened.
    #[inline]
    fn scalar_or_open(&mut self, nest: &mut Nest, line: &mut Line) -> Result<bool, Stop> {
        let byte = self.token(line).unwrap_or_default();
        if let b'-' | b'0'..=b'9' = byte {
            return self.number().map(|()| false);
        }
        if !matches!(byte, b'"' | b'{' | b'[' | b'n' | b't' | b'f') {
            return Err(self.stop_after());
        }
        self.at += 1;
        match byte {
            b'"' => self.string(line)?,
            b'n' => self.word(b"ull")?,
            b't' => self.word(b"rue")?,
            b'f' => self.word(b"alse")?,
            _ => {
                nest.open(byte == b'{');
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes what follows a value, up to the next one: a comma, or the ends of lists and objects and then a comma.
    /// Directly after an opening there is no comma.
    #[inline]
    fn comma_or_close(
        &mut self,
        nest: &mut Nest,
        mut is_comma: bool,
        line: &mut Line,
    ) -> Result<(), Stop> {
        loop {
            let end = if nest.is_object() { b'}' } else { b']' };
            match self.token(line) {
                Some(b',') if is_comma => {
                    self.at += 1;
                    return Ok(());
                }
                Some(byte) if byte == end => {}
                Some(_) if !is_comma => return Ok(()),
                _ => return Err(self.stop_after()),
            }
            self.at += 1;
            nest.close();
            if nest.depth() == 0 {
                return Ok(());
            }
            is_comma = true;
        }
    }

    /// Takes the name of a member and the colon after it.
    #[inline]
    fn name(&mut self, line: &mut Line) -> Result<(), Stop> {
        self.expect(b'"', line)?;
        self.string(line)?;
        self.expect(b':', line)
    }
}
