//! Tests of events that are not what Buildkite sends.

use serde_json::{Value, json};

use crate::leaves::EVERY_SCHEMA;
use crate::samples::{Sample, transformed};
use crate::walk::missing;

fn sample(payload: &str) -> Sample {
    Sample {
        id: "0194a0c1-0000-7000-9000-000000000001".to_owned(),
        occurred_at: "2026-01-01T00:00:00Z".to_owned(),
        kind: "PIPELINE_CREATED".to_owned(),
        payload: payload.to_owned(),
    }
}

fn ocsf(sample: &Sample) -> Value {
    serde_json::from_str(&transformed("{}", std::slice::from_ref(sample))[0]).unwrap()
}

#[test]
fn a_payload_that_is_not_an_object_becomes_a_base_event() {
    for (payload, kept) in [
        ("", json!("")),
        ("not JSON \u{1} \"", json!("not JSON \u{1} \"")),
        ("{\"cut\":", json!("{\"cut\":")),
        ("[1,\n2]", json!([1, 2])),
        ("null", json!(null)),
    ] {
        let event = ocsf(&sample(payload));
        assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(0), &json!(0)), "{event}");
        assert_eq!(event["unmapped"], json!({"payload": kept}));
        assert_eq!(event["metadata"]["uid"], sample("").id);
    }
}

#[test]
fn an_event_without_a_type_becomes_a_base_event() {
    let event = ocsf(&Sample { kind: String::new(), ..sample(r#"{"uuid":"x","type":5}"#) });
    assert_eq!(event["class_uid"], 0);
    assert_eq!(event["unmapped"], json!({"type": 5}));
    let long = "X".repeat(300);
    let event = ocsf(&Sample { kind: long.clone(), ..sample(&json!({"type": long}).to_string()) });
    assert_eq!((&event["class_uid"], &event["unmapped"]["type"]), (&json!(0), &json!(long)));
}

#[test]
fn members_of_the_wrong_kind_stay_as_they_are() {
    for payload in [
        r#"{"uuid":1,"type":[],"occurredAt":{},"actor":"me","subject":[1],"context":5,"data":"x"}"#,
        r#"{"actor":{"uuid":1,"name":{},"type":["USER"]},"subject":{"uuid":[],"name":2,"type":null}}"#,
        r#"{"actor":{},"subject":{},"context":{},"data":{}}"#,
        r#"{"type":"A","type":"B","actor":{"name":"a","name":"b"}}"#,
        r#"{"context":{"requestIpAddress":"10.0.0.1, 10.0.0.2","sessionIpAddress":"fe80::1%eth0"}}"#,
        r#"{"context":{"requestUserAgent":7,"organizationUuid":7,"requestApiAccessTokenUuid":7}}"#,
    ] {
        for settings in EVERY_SCHEMA {
            let output = &transformed(settings, &[sample(payload)])[0];
            assert_eq!(missing(payload, output), Vec::<String>::new(), "{payload}\n{output}");
            serde_json::from_str::<Value>(output).unwrap();
        }
    }
}

#[test]
fn an_event_without_a_readable_time_gets_that_of_its_neighbor() {
    let at = |occurred_at: &str| Sample { occurred_at: occurred_at.to_owned(), ..sample("{}") };
    let samples =
        [at("soon"), at("2026-01-01T00:00:00.5Z"), at(""), at("2026-01-02T02:00:00+02:00")];
    let times = |settings: &str, name: &str| -> Vec<Value> {
        let outputs = transformed(settings, &samples);
        outputs
            .iter()
            .map(|text| serde_json::from_str::<Value>(text).unwrap()[name].take())
            .collect()
    };
    let (first, last) = (1_767_225_600_500_i64, 1_767_312_000_000_i64);
    assert_eq!(times("{}", "time"), [first, first, first, last]);
    let text = "2026-01-01T00:00:00.500Z";
    let ecs = times(r#"{"schema":"ecs"}"#, "@timestamp");
    assert_eq!(ecs, [text, "2026-01-01T00:00:00.5Z", text, "2026-01-02T00:00:00.000Z"]);
    assert_eq!(ocsf(&at("never"))["time"], 0);
    for (text, written) in [
        ("2016-12-31T23:59:59.1234567890Z", "2016-12-31T23:59:59.123Z"),
        ("2026-01-01 00:00:00Z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456789Z"),
    ] {
        let output = &transformed(r#"{"schema":"ecs"}"#, &[at(text)])[0];
        assert!(output.contains(&format!(r#""@timestamp":"{written}""#)), "{output}");
    }
}

#[test]
fn only_an_ip_address_becomes_one() {
    let event = |address: &str| {
        ocsf(&sample(&format!(r#"{{"context":{{"requestIpAddress":"{address}"}}}}"#)))
    };
    for address in ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
        assert_eq!(event(address)["src_endpoint"]["ip"], address);
        assert_eq!(event(address)["unmapped"], Value::Null);
    }
    for address in ["", "192.0.2.1:80", "example.com", "999.0.2.1", "\\u0031"] {
        assert_eq!(event(address)["src_endpoint"], Value::Null, "{address}");
    }
}
