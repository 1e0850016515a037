//! Reads proxy environment variables as curl does.
#![allow(clippy::disallowed_methods, reason = "proxies are named in the environment")]

/// The variables that name a proxy for https, in curl's order.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The variables that name hosts that bypass the proxy, in curl's order.
const DIRECT_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Looks up an environment variable by name.
pub type VariableLookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Looks up a variable of this process. A value that is not UTF-8 is refused later, since it is not a URL.
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Returns the first of these variables that is set. As in curl, an empty one counts as unset.
fn first<'a>(names: &[&'a str], environment: VariableLookup) -> Option<(&'a str, String)> {
    names.iter().find_map(|name| {
        let value = environment(name).filter(|value| !value.is_empty())?;
        Some((*name, value))
    })
}

/// Returns the proxy for https, with the variable that names it.
pub(crate) fn proxy(environment: VariableLookup) -> Option<(&'static str, String)> {
    first(&VARIABLES, environment)
}

/// Returns the list of hosts that bypass the proxy.
pub(crate) fn direct(environment: VariableLookup) -> String {
    first(&DIRECT_VARIABLES, environment).map_or(String::new(), |(_, list)| list)
}
