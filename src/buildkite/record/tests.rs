use super::*;

fn read_node(node: &str) -> Result<Row, Missing> {
    let mut input = Cursor::new(node);
    input.at = 1;
    read(&mut input, &mut String::new()).expect("JSON")
}

const HEAD: &str = r#""uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","occurredAt":"2024-11-12T09:15:04.000Z","type":"X""#;

fn payload_of(rest: &str) -> String {
    let node = format!("{{{HEAD},{rest}}}");
    let row = read_node(&node).unwrap();
    row.payload.strip_prefix(&format!("{{{HEAD},")).unwrap().strip_suffix('}').unwrap().to_owned()
}

#[test]
fn data_is_unfolded_with_its_order_and_numbers() {
    let data = r#""data":"{\n  \"z\": 1.0,\n  \"a\": [1e3, -0.0, 12345678901234567890],\n  \"s\": \"a \\\" b\"\n}""#;
    assert_eq!(
        payload_of(data),
        r#""data":{"z":1.0,"a":[1e3,-0.0,12345678901234567890],"s":"a \" b"}"#
    );
}

#[test]
fn data_that_is_not_json_stays_a_string() {
    for data in [r#""data":"""#, r#""data":"{not json""#, r#""data":"{} {}""#, r#""data":"\ud800""#]
    {
        assert_eq!(payload_of(data), data);
    }
    assert_eq!(payload_of(r#""data": null"#), r#""data":null"#);
    assert_eq!(payload_of(r#""data": { "a" : 1 }"#), r#""data":{"a":1}"#);
    assert_eq!(payload_of(r#""data":" 7 ""#), r#""data":7"#);
}

#[test]
fn very_deep_data_stays_a_string() {
    let deep = |levels: usize| format!(r#""data":"{}{}""#, "[".repeat(levels), "]".repeat(levels));
    assert_eq!(payload_of(&deep(101)), deep(101));
    assert_eq!(payload_of(&deep(100)).len(), deep(100).len() - 2);
}

#[test]
fn very_deep_data_is_noted() {
    let node = |levels: usize| {
        format!(r#"{{{HEAD},"data":"{}{}"}}"#, "[".repeat(levels), "]".repeat(levels))
    };
    assert_eq!(read_node(&node(100)).unwrap().odd, Vec::<&str>::new());
    assert!(read_node(&node(101)).unwrap().odd[0].contains("deeper than 100 levels"));
}

#[test]
fn a_record_is_one_line_and_strings_keep_their_value() {
    let actor = "\"actor\":{\n \"name\" : \"a  \\\\\\\" b\" ,\t\"id\":\r\n[ ] }";
    assert_eq!(payload_of(actor), "\"actor\":{\"name\":\"a  \\\\\\\" b\",\"id\":[]}");
}

#[test]
fn unicode_line_breaks_are_escaped_wherever_they_occur() {
    let raw = "a\u{85}b\u{2028}c\u{2029}\u{2028}d\u{e9}\u{a9}\u{2019}\u{202a}";
    let escaped = "a\\u0085b\\u2028c\\u2029\\u2028d\u{e9}\u{a9}\u{2019}\u{202a}";
    for place in [
        "\"RAW\":1",
        "\"actor\":{\"name\":\"RAW\"}",
        "\"actor\": {\"RAW\": [\"RAW\", \"RAW\"]}",
        "\"data\":\"not JSON RAW\"",
        "\"data\":\"{\\\"RAW\\\": \\\"RAW\\\"}\"",
    ] {
        let payload = payload_of(&place.replace("RAW", raw));
        assert!(payload.contains(escaped), "{payload}");
        assert!(!payload.contains(['\u{85}', '\u{2028}', '\u{2029}']), "{payload}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let wanted = format!("{{{}}}", place.replace("RAW", raw));
        let mut wanted = value(&wanted);
        if let Some(data) = wanted.get("data").and_then(|data| data.as_str())
            && let Ok(data) = serde_json::from_str(data)
        {
            wanted["data"] = data;
        }
        assert_eq!(value(&format!("{{{payload}}}")), wanted);
    }
}

#[test]
fn a_node_without_a_uuid_cannot_be_handed_out() {
    for (node, why) in [
        (r#"{"uuid":"x","occurredAt":"2024-11-12T09:15:04.000Z","type":"X"}"#, "not a UUID"),
        (r#"{"uuid":7,"occurredAt":"2024-11-12T09:15:04.000Z","type":"X"}"#, "not text"),
        (r#"{"occurredAt":"2024-11-12T09:15:04.000Z","type":"X"}"#, "not text"),
    ] {
        assert!(read_node(node).unwrap_err().contains(why), "{node}");
    }
}

#[test]
fn an_event_whose_time_or_type_cannot_be_read_is_kept_as_received() {
    let uuid = "01931FA7-B1C0-7abc-8abc-0123456789AB";
    for (rest, occurred_at, odd) in [
        (r#""occurredAt":"today","type":"X""#, "today", 1),
        (r#""occurredAt":"1969-12-31T23:59:59Z","type":"X""#, "1969-12-31T23:59:59Z", 1),
        (r#""occurredAt":1732266000,"type":"X""#, "", 1),
        (r#""type":null"#, "", 2),
    ] {
        let node = format!(r#"{{"uuid":"{uuid}",{rest}}}"#);
        let row = read_node(&node).unwrap();
        assert_eq!((row.at, row.odd.len()), (None, odd), "{node}");
        assert_eq!((row.id, row.occurred_at), (uuid.to_lowercase(), occurred_at.into()));
        assert_eq!(row.payload, node);
    }
}

#[test]
fn a_time_is_converted_to_utc_and_a_utc_time_stays_as_received() {
    for (came, shown) in [
        ("2024-11-12T09:15:04.123456Z", "2024-11-12T09:15:04.123456Z"),
        ("2024-11-12T10:15:04+01:00", "2024-11-12T09:15:04.000Z"),
        ("2024-11-12t09:15:04.5z", "2024-11-12T09:15:04.500Z"),
        ("2024-11-12 09:15:04Z", "2024-11-12T09:15:04.000Z"),
    ] {
        let node = format!(
            r#"{{"uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","occurredAt":"{came}","type":"X"}}"#
        );
        let row = read_node(&node).unwrap();
        assert_eq!((row.occurred_at.as_str(), row.payload), (shown, node));
    }
}
