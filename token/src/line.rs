//! Makes untrusted text short enough for a message.

/// Returns the beginning of a text, at most `chars_max` characters.
pub fn cut(text: &str, chars_max: usize) -> &str {
    let end = text.char_indices().nth(chars_max).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

/// Returns a text of at most `chars_max` characters, with `…` after them if there were more.
pub fn ellipsize(mut text: String, chars_max: usize) -> String {
    let end = cut(&text, chars_max).len();
    if end < text.len() {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Returns a text as one line of at most `chars_max` characters, without anything that would move a terminal's cursor or
/// turn the text around.
pub fn one_line(text: &str, chars_max: usize) -> String {
    let plain = |letter: char| if letter.is_control() || turns(letter) { ' ' } else { letter };
    ellipsize(text.chars().map(plain).take(chars_max.saturating_add(1)).collect(), chars_max)
}

/// Returns whether a character changes the direction of the text around it. Source: UAX #9, section 2.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("aéb", 2), "aé");
        assert_eq!(cut("aéb", 3), "aéb");
        assert_eq!(ellipsize("aéb".to_owned(), 2), "aé…");
        assert_eq!(ellipsize("aéb".to_owned(), 3), "aéb");
    }

    #[test]
    fn a_line_has_no_control_characters() {
        assert_eq!(one_line("a\nb\u{1b}[1mc", 100), "a b [1mc");
        assert_eq!(one_line("a\nb", 2), "a …");
        assert_eq!(one_line("a\u{202e}b\u{2069}c", 100), "a b c");
    }
}
