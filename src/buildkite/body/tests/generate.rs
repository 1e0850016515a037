//! Makes answers: valid ones, and ones with a few changes that seldom are.

use fastrand::Rng;

/// What is put into a text: tokens, characters with a meaning, and the ends of ranges.
const PARTS: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    "\\udc00",
    "\\ud83d\\ude00",
    "\\u0000",
    "\\u2028",
    "\\x",
    "\\\"",
    "\\/",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{2027}",
    "\u{e9}",
    "\u{a0}",
    "\u{1f600}",
    "\u{0}",
    "\u{1f}",
    "\n",
    "\r",
    "\t",
    " ",
    "null",
    "true",
    "fals",
    "0",
    "-",
    "-0.0",
    "01",
    "1e999",
    "1.",
    "1E+2",
    "12345678901234567890",
    "\"node\":",
    "\"data\":",
    "\u{feff}",
];

fn pick<'a>(random: &mut Rng, parts: &[&'a str]) -> &'a str {
    parts[random.usize(..parts.len())]
}

fn blank(random: &mut Rng) -> &'static str {
    if random.u8(..4) > 0 {
        ""
    } else {
        pick(random, &[" ", "\n", "\t", "\r\n", "                    "])
    }
}

/// Returns a string of JSON.
fn string(random: &mut Rng) -> String {
    let mut text = "\"".to_owned();
    for _ in 0..random.usize(..4) {
        match random.u8(..4) {
            0 => text.push_str(pick(
                random,
                &[
                    "\\n",
                    "\\\"",
                    "\\\\",
                    "\\u0041",
                    "\\ud83d\\ude00",
                    "\\ud800",
                    "\u{2028}",
                    "\u{85}",
                    "\u{e9}",
                    "\u{20ac}",
                    "\u{1f600}",
                    "\\u2029",
                    "\u{7f}",
                    "\u{c2}",
                    "\u{e2}",
                ],
            )),
            _ => text.extend((0..random.usize(..30)).map(|_| random.alphanumeric())),
        }
    }
    text.push('"');
    text
}

/// Returns a value of JSON.
fn value(random: &mut Rng, depth: usize) -> String {
    let list = |member: bool, random: &mut Rng| {
        let parts: Vec<String> = (0..random.usize(..4))
            .map(|_| {
                let name =
                    if member { string(random) + blank(random) + ":" } else { String::new() };
                name + blank(random) + &value(random, depth + 1) + blank(random)
            })
            .collect();
        blank(random).to_owned() + &parts.join(",")
    };
    match random.u8(..if depth > 3 { 4 } else { 7 }) {
        0 => pick(random, &["null", "true", "false"]).to_owned(),
        1 => pick(random, &["0", "-0", "7", "-1.5e+10", "1e999", "10", "0.0E-1"]).to_owned(),
        2 | 3 => string(random),
        4 | 5 => format!("{{{}}}", list(true, random)),
        _ if random.u8(..20) == 0 => "[".repeat(random.usize(90..110)),
        _ => format!("[{}]", list(false, random)),
    }
}

/// Returns JSON inside of a string, with its brackets closed.
fn data(random: &mut Rng) -> String {
    let mut inner = value(random, 0);
    let open = inner.bytes().take_while(|byte| *byte == b'[').count();
    if open > 80 {
        inner.push_str(&"]".repeat(open));
    }
    if random.u8(..8) == 0 {
        change(random, &mut inner);
    }
    let escaped = serde_json::to_string(&inner).unwrap();
    if random.bool() { escaped } else { escaped.replace('<', "\\u003c").replace('/', "\\/") }
}

fn node(random: &mut Rng) -> String {
    if random.u8(..20) == 0 {
        return value(random, 2);
    }
    let mut members = vec![
        format!("\"uuid\":{}\"01931FA7-b1c0-7abc-8abc-{:012x}\"", blank(random), random.u32(..)),
        format!("\"occurredAt\"{}:\"2024-11-12T09:15:04.{:03}Z\"", blank(random), random.u8(..)),
        "\"type\":\"X\"".to_owned(),
        format!("\"data\"{}:{}", blank(random), data(random)),
    ];
    for _ in 0..random.usize(..4) {
        let name = match random.u8(..6) {
            0 => "\"\\u0064ata\"".to_owned(),
            1 => "\"data\"".to_owned(),
            2 => pick(random, &["\"uuid\"", "\"type\"", "\"occurred\\u0041t\""]).to_owned(),
            _ => string(random),
        };
        members.push(format!("{name}:{}{}", value(random, 1), blank(random)));
    }
    random.shuffle(&mut members);
    format!("{{{}{}}}", blank(random), members.join(","))
}

/// Returns an answer that is valid, or nearly always.
pub fn valid_answer(random: &mut Rng) -> String {
    let edges: Vec<String> = (0..random.usize(..4))
        .map(|_| match random.u8(..12) {
            0 => value(random, 2),
            1 => format!("{{\"node\":{},\"node\":{}}}", node(random), node(random)),
            _ => format!("{{\"cursor\":{},\"node\":{}}}", string(random), node(random)),
        })
        .collect();
    let edges = format!("{}\"edges\":[{}]", blank(random), edges.join(","));
    let events = format!("\"auditEvents\":{{\"pageInfo\":{}, {edges}}}", value(random, 3));
    let organization = format!("{{\"permissions\":{},{events}}}", value(random, 3));
    let more = if random.bool() {
        String::new()
    } else {
        format!(",{}:{}", string(random), value(random, 2))
    };
    let shift = " ".repeat(random.usize(..=32));
    match random.u8(..10) {
        0 => format!("{shift}{{\"organization\":{organization}{more}}}"),
        1 => format!("{shift}{{\"errors\":{},\"data\":{{}}}}", value(random, 2)),
        2 => format!("{shift}{{\"data\":{}}}", value(random, 2)),
        _ => format!(
            "{shift}{{\"data\":{{\"organization\":{organization}{more}}}}}{}",
            blank(random)
        ),
    }
}

/// Changes a text at one place.
fn change(random: &mut Rng, text: &mut String) {
    let mut bytes = std::mem::take(text).into_bytes();
    let at = random.usize(..=bytes.len());
    match random.u8(..6) {
        0 => bytes.truncate(at),
        1 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
        2 if at < bytes.len() => bytes[at] = random.u8(..128),
        3 => _ = bytes.drain(at..bytes.len().min(at + random.usize(..5))),
        4 => {
            let again = bytes[at..bytes.len().min(at + random.usize(..20))].to_vec();
            bytes.splice(at..at, again);
        }
        _ => _ = bytes.splice(at..at, pick(random, &PARTS).bytes()),
    }
    // Other bytes are refused before the scan.
    *text = String::from_utf8_lossy(&bytes).into_owned();
}

/// Returns an answer, more often changed than not.
pub fn answer(random: &mut Rng) -> String {
    let mut text = valid_answer(random);
    for _ in 0..random.usize(..3) {
        change(random, &mut text);
    }
    text
}
