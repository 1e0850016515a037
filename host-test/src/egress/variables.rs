//! What the environment says about proxies, read as curl reads it.

/// The variables that name a proxy for https, in curl's order.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The variables that name what goes direct, in curl's order.
const DIRECT_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The environment's variables, by name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of this process. What is not UTF-8 is never a URL, and is refused as one.
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The first of these variables that is set, as curl sees it: an empty one is not.
fn first<'a>(names: &[&'a str], environment: Environment) -> Option<(&'a str, String)> {
    names.iter().find_map(|name| {
        let value = environment(name).filter(|value| !value.is_empty())?;
        Some((*name, value))
    })
}

/// The proxy for https, with the variable that names it.
pub(crate) fn proxy(environment: Environment) -> Option<(&'static str, String)> {
    first(&VARIABLES, environment)
}

/// What goes direct.
pub(crate) fn direct(environment: Environment) -> String {
    first(&DIRECT_VARIABLES, environment).map_or(String::new(), |(_, list)| list)
}
