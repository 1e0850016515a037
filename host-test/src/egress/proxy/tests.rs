use super::*;

fn origin(url: &str) -> Origin {
    Origin::parse(url).unwrap()
}

fn named(url: &str) -> Setting {
    Setting::of(Some(&ProxyUrl(url.to_owned())), &|_| None, true).unwrap()
}

#[test]
fn the_environment_is_read_as_curl_reads_it() {
    let target = origin("https://graphql.buildkite.com");
    let read = |all: &[(&str, &str)], flag: Option<&str>, uses_environment: bool| {
        let environment = |name: &str| {
            let found = all.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let flag = flag.map(|url| ProxyUrl(url.to_owned()));
        let setting = Setting::of(flag.as_ref(), &environment, uses_environment);
        let proxy = setting.and_then(|setting| setting.proxy(&target).unwrap());
        proxy.map(|proxy| (proxy.source, proxy.name))
    };
    let is = |source, name: &str| Some((source, name.to_owned()));
    let both = [("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:2")];
    assert_eq!(read(&both, None, true), is("https_proxy", "http://lower:2"));
    assert_eq!(read(&both[..1], None, true), is("HTTPS_PROXY", "http://upper:1"));
    let all = [("ALL_PROXY", "all:3"), ("HTTPS_PROXY", ""), ("HTTP_PROXY", "http://no:4")];
    assert_eq!(read(&all, None, true), is("ALL_PROXY", "http://all:3"));
    assert_eq!(read(&all[2..], None, true), None, "HTTP_PROXY is for http");
    assert_eq!(read(&both, Some("http://flag:5"), true), is("--proxy", "http://flag:5"));
    assert_eq!(read(&both, Some("none"), true), None);
    let direct = [both[0], ("NO_PROXY", "buildkite.com")];
    assert_eq!(read(&direct, None, true), None);
    assert_eq!(read(&direct, Some("http://flag:5"), true), None, "as curl does");
    // The flag can enable the environment where it does not apply by default.
    assert_eq!(read(&both, None, false), None);
    assert_eq!(read(&direct, Some("flag:5"), false), is("--proxy", "http://flag:5"));
    assert_eq!(read(&both, Some("env"), false), is("https_proxy", "http://lower:2"));
    assert_eq!(read(&direct, Some("env"), false), None);
}

#[test]
fn loopback_never_goes_through_a_proxy() {
    for url in ["https://localhost", "https://127.0.0.1:8443", "http://[::1]:80"] {
        assert!(named("http://proxy:1").proxy(&origin(url)).unwrap().is_none(), "{url}");
        // Not even an invalid proxy gets in the way.
        assert!(named("socks5://proxy").proxy(&origin(url)).unwrap().is_none(), "{url}");
    }
}

#[test]
fn credentials_are_decoded_and_never_shown() {
    let setting = named("http://user:p%40ss%2Fw%25rd@proxy.corp:3128/");
    let proxy = setting.proxy(&origin("https://x.example")).unwrap().unwrap();
    // user:p@ss/w%rd
    assert_eq!(proxy.auth.as_ref().unwrap(), "Basic dXNlcjpwQHNzL3clcmQ=");
    assert_eq!((proxy.name.as_str(), proxy.source), ("http://proxy.corp:3128", "--proxy"));
    for shown in [format!("{setting:?}"), format!("{proxy:?}")] {
        assert!(!shown.contains("ss") && !shown.contains("dXNl"), "{shown}");
    }
}

#[test]
fn an_invalid_url_is_refused_without_being_quoted() {
    for (bad, word) in [
        ("socks5://secret:secret@proxy:1080", "socks5:// proxies are not supported"),
        ("SOCKS5H://secret@proxy", "socks5h:// proxies are not supported"),
        ("ftp://secret@proxy", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret:sec/ret@proxy:3128", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret:sec#ret@proxy:3128", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret:sec?ret@proxy:3128", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret:sec@ret@proxy:3128", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret:secret@proxy:port", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret:secret@proxy:99999", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret@proxy:", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret@proxy:0", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("http://secret@*:3128", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("10.0.0.0/8", "such as http://proxy.corp.example:3128"),
        ("http://sec ret@proxy", "write http://[USER:PASSWORD@]HOST[:PORT]"),
        ("secret@", "write http://[USER:PASSWORD@]HOST[:PORT]"),
    ] {
        let why = named(bad).proxy(&origin("https://x.example")).unwrap_err();
        assert!(why.starts_with("--proxy: ") && why.contains(word), "{bad}: {why}");
        assert!(!why.contains("secret"), "{bad}: {why}");
        assert!(named(bad).validate().is_err());
    }
    for (good, name) in [
        ("proxy:3128", "http://proxy:3128"),
        ("http://proxy", "http://proxy:80"),
        ("HTTPS://proxy", "https://proxy:443"),
        ("http://[::1]:3128/", "http://[::1]:3128"),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
    ] {
        let proxy = named(good).proxy(&origin("https://x.example")).unwrap().unwrap();
        assert_eq!(proxy.name, name);
    }
}
