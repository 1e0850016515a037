//! Routes a request.

/// Maximum length of a tenant name in bytes. The name becomes part of a variable's name and of a key.
const NAME_BYTES_MAX: usize = 32;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Poll this tenant; `None` is the tenant whose variables have no suffix.
    Poll(Option<String>),
    /// The path is known, but the method is not POST.
    WrongMethod,
    /// The tenant's name is invalid.
    WrongName,
    /// The path is unknown.
    Unknown,
}

/// Returns the route for a method and a path.
pub fn route(method: &str, path: &str) -> Route {
    let tenant = match path.trim_end_matches('/').strip_prefix("/poll") {
        Some("") => None,
        Some(rest) => match rest.strip_prefix('/') {
            Some(name) => Some(name),
            None => return Route::Unknown,
        },
        None => return Route::Unknown,
    };
    // The rule for names of Spin variables. Source: "variables" in Spin's manifest reference.
    let is_name = |name: &str| {
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        // `default` is the name in the keys of the tenant without a name.
        let words = name.split('_').all(|word| !word.is_empty() && word.bytes().all(letters));
        name.len() <= NAME_BYTES_MAX && words && name != "default"
    };
    match tenant {
        _ if method != "POST" => Route::WrongMethod,
        Some(name) if !is_name(name) => Route::WrongName,
        tenant => Route::Poll(tenant.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_tenant() {
        assert_eq!(route("POST", "/poll"), Route::Poll(None));
        assert_eq!(route("POST", "/poll/"), Route::Poll(None));
        assert_eq!(route("POST", "/poll/acme_2"), Route::Poll(Some("acme_2".into())));
        assert_eq!(route("GET", "/poll"), Route::WrongMethod);
        for path in ["/", "/polls", "/pol", "", "/acme/poll"] {
            assert_eq!(route("POST", path), Route::Unknown, "{path}");
        }
        for path in [
            "/poll/Acme",
            "/poll/a/b",
            "/poll/a__b",
            "/poll/a_",
            "/poll/_a",
            "/poll/default",
            "/poll/ä",
            "/poll/%61",
        ] {
            assert_eq!(route("POST", path), Route::WrongName, "{path}");
        }
        assert_eq!(route("POST", &format!("/poll/{}", "a".repeat(33))), Route::WrongName);
    }
}
