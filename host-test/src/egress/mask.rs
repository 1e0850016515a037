//! Keeps the token out of what a guest reads: a server that echoes the request's headers must not reveal it.

use crate::credential::token::Token;
use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;

/// Replaces each byte of the token, so that no length changes.
const LETTER: u8 = b'*';

/// Finds the token in a stream of bytes, even if it is split across pieces.
pub(crate) struct Mask {
    token: Vec<u8>,
    finder: Finder<'static>,
    /// The end of the stream so far, if it may be the beginning of the token.
    held: BytesMut,
}

impl Mask {
    pub(crate) fn new(token: &Token) -> Self {
        let token = token.exposed().as_bytes().to_vec();
        Self { finder: Finder::new(&token).into_owned(), token, held: BytesMut::new() }
    }

    /// Masks the token in a piece. Holds back bytes that may be the beginning of another token.
    pub(crate) fn piece(&mut self, piece: Bytes) -> Bytes {
        if self.held.is_empty() && self.finder.find(&piece).is_none() && self.tail(&piece) == 0 {
            return piece;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(&piece);
        let mut from = 0;
        // Each iteration advances by at least one token.
        while let Some(at) = self.finder.find(&all[from..]) {
            let end = from + at + self.token.len();
            all[from + at..end].fill(LETTER);
            from = end;
        }
        self.held = all.split_off(all.len() - self.tail(&all[from..]));
        all.freeze()
    }

    /// Returns what is still held back at the end of the stream. It is not a whole token.
    pub(crate) fn end(&mut self) -> Bytes {
        std::mem::take(&mut self.held).freeze()
    }

    /// Returns how many of the last bytes are the beginning of the token.
    fn tail(&self, bytes: &[u8]) -> usize {
        let most = bytes.len().min(self.token.len().saturating_sub(1));
        (1..=most)
            .rev()
            .find(|size| self.token.starts_with(&bytes[bytes.len() - size..]))
            .unwrap_or(0)
    }
}

/// Masks secrets in headers. A value that this makes invalid becomes empty.
pub(crate) fn mask_headers(headers: &mut http::HeaderMap, secrets: &[Token]) {
    for value in headers.values_mut() {
        let mut clean = value.as_bytes().to_vec();
        for secret in secrets {
            let mut mask = Mask::new(secret);
            clean = [mask.piece(Bytes::from(clean)), mask.end()].concat();
        }
        if clean != value.as_bytes() {
            *value = http::HeaderValue::from_bytes(&clean)
                .unwrap_or_else(|_| http::HeaderValue::from_static(""));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_wherever_it_is_split() {
        let token = Token::new("bkua_bkua_bkua_x").unwrap();
        let text = b"a bkua_bkua_bkua_bkua_x bkua_bkua_bkua_xbkua_bkua_bkua_x b bkua_bkua_bkua_";
        let wanted = b"a bkua_**************** ******************************** b bkua_bkua_bkua_";
        for cut in 0..=text.len() {
            for size in 1..=12 {
                let mut mask = Mask::new(&token);
                let (first, rest) = text.split_at(cut);
                let mut clean = mask.piece(Bytes::copy_from_slice(first)).to_vec();
                for piece in rest.chunks(size) {
                    clean.extend(mask.piece(Bytes::copy_from_slice(piece)));
                }
                clean.extend(mask.end());
                assert_eq!(clean, wanted, "cut at {cut}, then every {size}");
            }
        }
    }
}
