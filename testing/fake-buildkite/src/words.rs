//! The texts that events consist of: plain ones, and some that break careless readers.

/// Names of people, agents and applications.
pub(crate) const ACTOR_NAMES: &[&str] = &[
    "Ada Example",
    "Grace Sample",
    "ci-agent-1",
    "terraform",
    "Łukasz Żółć",
    "山田 太郎",
    "שרה לוי",
    "محمد علي",
    "Zoë “quotes” O'Neill",
    "👩‍🚒 on call",
    "back\\slash",
    "tab\tand\nnewline",
    "e\u{301} combining",
    "line\u{2028}separator",
    "<script>alert(1)</script>",
    "",
];

/// Names of subjects.
pub(crate) const SUBJECT_NAMES: &[&str] = &[
    "deploy-production",
    "DATABASE_PASSWORD",
    "monorepo / build",
    "release 🚀",
    "Größe & Länge",
    "قسم الأمن",
    "k8s:agent-stack",
    "a name that is rather long, as a commit message or a pipeline's description might well be",
    "{\"not\": \"parsed\"}",
    "null",
];

/// User agents of clients.
pub(crate) const USER_AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Gecko/20100101 Firefox/133.0",
    "curl/8.11.0",
    "terraform-provider-buildkite/1.19.0",
    "buildkite-agent/3.89.0.9470 (linux; amd64)",
    "",
];

/// Addresses reserved for documentation by RFC 5737 and RFC 3849.
pub(crate) const ADDRESSES: &[&str] =
    &["192.0.2.1", "198.51.100.23", "203.0.113.200", "2001:db8::1", "2001:db8:85a3::8a2e:370:7334"];

/// Keys in `data`, as JSON text between quotes. Their number is coprime to 5.
pub(crate) const DATA_KEYS: &[&str] = &[
    "name",
    "zebra",
    "10",
    "2",
    "description",
    "Apple",
    "d\u{e9}j\u{e0} vu",
    "\\u0061scii",
    "settings",
    "emoji 🎉",
    "",
    "a.b/c",
    "permission",
];

/// Plain texts in `data`, as JSON text between quotes.
pub(crate) const TEXTS: &[&str] = &[
    "Buildkite",
    "READ_AND_BUILD",
    "2024-11-12T09:15:04.000Z",
    "git@example.com:acme/app.git",
    "steps:\\n  - command: make test\\n",
    "192.0.2.1",
    "true",
    "12",
];

/// Unusual texts in `data`, as JSON text between quotes. Escapes are sent as written here.
pub(crate) const ODD_TEXTS: &[&str] = &[
    "caf\\u00e9",
    "\\ud83d\\ude80 as a surrogate pair",
    "a raw \u{2028} line separator and \u{2029}",
    "\\/ a needless escape",
    "\\u0000 a zero",
    "\\\"quoted\\\" \\\\ \\t",
    "\u{202e}right to left",
    "\u{feff}mark",
    "{\\\"json\\\": [\\\"in\\\", \\\"json\\\"]}",
    "\u{7f}\u{10ffff}",
];

/// Numbers in `data`, as text. All are JSON; few survive a round trip through a double.
pub(crate) const NUMBERS: &[&str] = &[
    "0",
    "1.0",
    "1e3",
    "1E+2",
    "-0.0",
    "-0",
    "12345678901234567890",
    "9007199254740993",
    "0.1000000000000000055511151231257827",
    "-42",
    "1e-7",
];

/// `data` that is not JSON.
pub(crate) const NOT_JSON: &[&str] = &[
    "--- !ruby/object\nname: example\n",
    "{\"cut\": \"off",
    "not json",
    "{'single': 'quotes'}",
    "",
];
