//! Headers by name. If a header occurs twice, the first one counts.

/// Returns the whole number in the header of this (lowercase) name.
pub fn number(headers: &[(String, String)], name: &str) -> Option<i64> {
    header(headers, name)?.trim_ascii().parse().ok()
}

/// Returns the value of the first header of this (lowercase) name.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}
