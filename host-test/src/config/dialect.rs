//! Explains why a text is not JSON: it is in another format, or it uses syntax that only other parsers allow.

/// Returns what is wrong and what to do. `at` is the byte offset at which the parser stopped, or the end. The result
/// does not quote the text, which may hold a token.
pub(crate) fn hint(text: &str, at: usize) -> &'static str {
    if text.trim().is_empty() {
        return "it is empty";
    }
    if text.contains('\0') {
        return "it contains NUL bytes; save it as UTF-8 text";
    }
    format(text)
        .or_else(|| mistake(text, at))
        .unwrap_or("look for the error just before that position")
}

/// Recognizes another format by the first line that is neither empty nor a comment.
fn format(text: &str) -> Option<&'static str> {
    let is_comment =
        |line: &&str| line.is_empty() || line.starts_with('#') || line.starts_with("//");
    let first = text.lines().map(str::trim).find(|line| !is_comment(line))?;
    let named = first.trim_start_matches(|c: char| c.is_alphanumeric() || "_-.\"' ".contains(c));
    let has_name = named.len() < first.len();
    match named.chars().next() {
        _ if first.starts_with("---") || first.starts_with("- ") => Some(YAML),
        Some('<') if !has_name => Some("it looks like XML; write it as JSON"),
        Some(':') if has_name => Some(YAML),
        Some('=') if has_name => Some(TOML),
        // A table header: a JSON list cannot contain a name without quotation marks.
        Some('[') if !has_name && is_table(first) => Some(TOML),
        _ => None,
    }
}

const YAML: &str = "it looks like YAML; write it as JSON";
const TOML: &str = "it looks like TOML; write it as JSON";

/// Returns whether a line is `[name]` or `[[name]]`.
fn is_table(line: &str) -> bool {
    let name = line.trim_matches(['[', ']']);
    let is_plain = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    line.ends_with(']') && name.starts_with(char::is_alphabetic) && name.chars().all(is_plain)
}

/// Recognizes a mistake in JSON by the text at which the parser stopped.
fn mistake(text: &str, at: usize) -> Option<&'static str> {
    let (before, rest) = text.split_at_checked(at)?;
    let before = before.trim_end();
    Some(match rest.chars().next() {
        None => "it ends too early: a brace, bracket or quotation mark is not closed",
        Some('/' | '#') => "it has a comment, which JSON does not allow; remove it",
        Some('\'') => "it has single quotes; put keys and strings in double quotes (\")",
        Some('\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}') => {
            "it has typographic quotes; put keys and strings in plain double quotes (\")"
        }
        Some('}' | ']') if before.ends_with(',') => {
            "it has a trailing comma, which JSON does not allow; remove the comma"
        }
        Some('T' | 'F' | 'N') => "write true, false and null in lower case; JSON has no NaN",
        Some('\u{a0}' | '\u{feff}' | '\u{200b}') => {
            "it has an invisible character there; remove it"
        }
        Some(letter) if letter.is_alphabetic() || letter == '_' || letter == '$' => {
            "put keys and strings in double quotes (\")"
        }
        _ if is_whole(before) => "there is more text after the end; remove it",
        _ => return None,
    })
}

/// Returns whether a text is one complete JSON value.
fn is_whole(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use crate::config::json;

    #[test]
    fn a_text_that_is_not_json_gets_a_hint_about_what_it_is() {
        for (text, wanted) in [
            ("settings:\n  org_slug: acme\n", "YAML"),
            ("---\nsettings: {}\n", "YAML"),
            ("# ours\n\n\"settings\": {}\n", "YAML"),
            ("- settings\n", "YAML"),
            ("[settings]\norg_slug = \"acme\"\n", "TOML"),
            ("# ours\norg_slug = \"acme\"\n", "TOML"),
            ("[[tenants]]\n", "TOML"),
            ("<settings/>", "XML"),
            ("// ours\n{}", "comment"),
            ("/* ours */ {}", "comment"),
            ("# ours\n{}", "comment"),
            ("{\"a\": 1, // ours\n \"b\": 2}", "comment"),
            ("{\"a\": /* one */ 1}", "comment"),
            ("{\"a\": 1} # ours", "comment"),
            ("{'a': 1}", "single quotes"),
            ("{\"a\": 'x'}", "single quotes"),
            ("{\"a\": [1, '']}", "single quotes"),
            ("{\u{201c}a\u{201d}: 1}", "typographic"),
            ("{\"a\": 1,}", "trailing comma"),
            ("{\"a\": [1, 2,\n]}", "trailing comma"),
            ("{\"a\": {\"b\": 1 ,\t} }", "trailing comma"),
            ("{a: 1}", "double quotes"),
            ("{\"a\": acme}", "double quotes"),
            ("{\"a\": True}", "lower case"),
            ("{\"a\": None}", "lower case"),
            ("{\"a\":\u{a0}1}", "invisible"),
            ("{\"a\": 1", "too early"),
            ("{\"a\": \"x", "too early"),
            ("{} {}", "more text"),
            ("", "empty"),
            (" \n", "empty"),
            ("{\"a\"\0: 1}", "NUL bytes"),
        ] {
            let error = json::read(text).err().unwrap_or_default();
            assert!(error.starts_with("not JSON (") && error.contains(wanted), "{text:?}: {error}");
        }
    }

    #[test]
    fn an_invalid_text_is_not_quoted() {
        let token = "bkua_0123456789abcdef0123456789abcdef01234567";
        for text in [
            format!("api_token: {token}"),
            format!("{{\"api_token\": {token}}}"),
            format!("{{\"api_token\": '{token}'}}"),
            format!("{{\"{token}\": 1, \"{token}\": 2}}"),
            format!("{token}={token}"),
            token.to_owned(),
        ] {
            let error = json::read(&text).err().unwrap_or_default();
            assert!(!error.is_empty() && !error.contains("0123"), "{text}: {error}");
        }
    }
}
