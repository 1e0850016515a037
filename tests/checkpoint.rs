//! Tests that checkpoints of earlier versions are read and keep their meaning.
#![allow(clippy::panic)] // A test fails by panicking.

use buildkite_audit_logs::checkpoint::tools::rebind;
use buildkite_audit_logs::checkpoint::{decode, encode};
use buildkite_audit_logs::text::time::Millis;
use kit::configure;

/// A checkpoint of a version in which both point buckets shared one count of what old gaps had spent.
const SHARED_COUNT: &str = r#"{"format":"buildkite-audit-logs","version":1,"org_slug":"acme-inc","origin":"https://graphql.buildkite.com","event_types":[],"start":"2026-11-22T09:00:00.000Z","followed":"2026-11-22T09:00:00.000Z","high_water":"2026-11-22T10:00:00.000Z","full":"2026-11-22T10:00:00.000Z","full_polled":"2026-11-22T10:00:00.000Z","covered":"2026-11-22T09:55:00.000Z","polled":"2026-11-22T10:00:00.000Z","organization_points":{"limit":20000,"remaining":19000,"resets":"2026-11-22T10:00:41.000Z"},"user_points":{"limit":5000,"remaining":1300,"resets":"2026-11-22T10:03:21.000Z"},"live_points":10,"event_points":4,"old_points":246,"window":"2026-11-22T10:03:20.000Z","small_asked":"2026-11-22T10:03:22.000Z","front_pages":1,"old_pages":0,"gaps":[{"floor":"2026-11-22T09:00:00.000Z","reached":"2026-11-22T09:50:00.000Z","after":"c1","confirm":0,"barren":0,"odd":0}],"known":"AaICqZ1AAAAAAAAAQACAAAAAAAAAAQ=="}"#;

#[test]
fn what_old_gaps_spent_is_charged_to_the_bucket_of_that_window() {
    let state = decode(SHARED_COUNT).expect("a valid checkpoint");
    let [Some(organization), Some(user), None] = state.pace.budget().buckets().all() else {
        panic!("other buckets: {:?}", state.pace)
    };
    assert_eq!((organization.old, organization.small), (0, false));
    assert_eq!((user.old, user.small), (246, true));
    assert_eq!(
        state.walk.gaps()[0].reached,
        Millis::parse_rfc3339("2026-11-22T09:50:00Z").expect("a time")
    );
    assert_eq!(decode(&encode(&state)).expect("a valid checkpoint"), state);
}

const PORTAL: &str = r#"{"org_slug":"acme-inc","backfill_start_time":"2026-11-22T09:00:00Z",
    "endpoint":"https://portal.buildkite.com/organizations/acme-inc/portals/audit"}"#;

/// Returns whether points are still counted after continuing from this checkpoint at a portal.
fn counts_points_at_a_portal(checkpoint: &str) -> bool {
    let now = Millis::parse_rfc3339("2026-11-22T10:00:30Z").expect("a time");
    let source = configure(PORTAL, Some(checkpoint), now).expect("it continues");
    let state = decode(&source.checkpoint()).expect("a valid checkpoint");
    state.pace.budget().counts_points(source.config())
}

#[test]
fn points_that_were_assumed_at_a_portal_are_forgotten() {
    let stored =
        SHARED_COUNT.replace("https://graphql.buildkite.com", "https://portal.buildkite.com");
    assert!(!counts_points_at_a_portal(&stored));
    let rebound = rebind(SHARED_COUNT, PORTAL).expect("it can be bound to a portal");
    assert!(!counts_points_at_a_portal(&rebound.checkpoint));
}

/// A checkpoint with every member that it can have, in the current format.
const WHOLE: &str = r#"{"format":"buildkite-audit-logs","version":1,"org_slug":"acme-inc","origin":"https://graphql.buildkite.com","event_types":["A","B","C"],"start":"2026-11-22T09:00:00.000Z","followed":"2026-11-22T09:00:00.000Z","high_water":"2026-11-22T10:00:00.000Z","full":"2026-11-22T09:59:00.000Z","full_polled":"2026-11-22T09:59:00.500Z","covered":"2026-11-22T09:54:00.000Z","polled":"2026-11-22T10:00:00.250Z","asked":"2026-11-22T10:00:05.000Z","throttled_until":"2026-11-22T10:01:00.000Z","rest_until":"2026-11-22T10:00:08.000Z","rest_failures":2,"must_poll":1,"page_size":125,"good_pages":3,"unknown_types":["C","A"],"unknown_refusals":1,"unknown_tried":"2026-11-22T09:58:00.000Z","unknown_looked":"2026-11-22T09:57:00.000Z","organization_points":{"limit":20000,"remaining":19000,"resets":"2026-11-22T10:00:41.000Z","old":246,"small":0},"user_points":{"limit":5000,"remaining":-7,"resets":"2026-11-22T10:03:21.000Z","old":0,"small":1},"portal_requests":{"limit":200,"remaining":150,"resets":"2026-11-22T10:00:59.000Z","old":1,"small":0},"live_points":10,"event_points":4,"front_pages":1,"old_pages":2,"gaps":[{"floor":"2026-11-22T09:59:55.000Z","reached":"2026-11-22T09:59:58.000Z","confirm":0,"barren":0,"odd":0},{"floor":"2026-11-22T09:30:00.000Z","reached":"2026-11-22T09:50:00.000Z","after":"a \"cursor\"","to":"2026-11-22T09:50:01.001Z","confirm":0,"barren":2,"odd":1},{"floor":"2026-11-22T09:00:00.000Z","reached":"2026-11-22T09:20:00.000Z","after":"c1","confirm":1,"barren":0,"odd":0}],"known":"AaICqZ1AAAAAAAAAQACAAAAAAAAAAQ==","undated":"AAAAAAAAQACAAAAAAAAAAg=="}"#;

#[test]
fn a_current_checkpoint_is_written_again_byte_for_byte() {
    let state = decode(WHOLE).expect("a valid checkpoint");
    assert_eq!(encode(&state), WHOLE);
}

#[test]
fn the_first_wrong_member_is_named() {
    // This member and all that follow are wrong: members are read in the order in which they are written.
    let names = [
        "org_slug",
        "origin",
        "event_types",
        "start",
        "followed",
        "high_water",
        "full",
        "full_polled",
        "covered",
        "polled",
        "asked",
        "throttled_until",
        "rest_until",
        "rest_failures",
        "must_poll",
        "good_pages",
        "unknown_types",
        "unknown_refusals",
        "unknown_tried",
        "unknown_looked",
        "live_points",
        "event_points",
        "front_pages",
        "old_pages",
        "gaps",
        "known",
        "undated",
    ];
    for (at, first) in names.iter().enumerate() {
        let mut wrong = WHOLE.to_owned();
        for name in &names[at..] {
            let member = format!("\"{name}\":");
            assert_eq!(wrong.matches(&member).count(), 1, "{name}");
            wrong = wrong.replace(&member, &format!("{member}true,\"was_{name}\":"));
        }
        let error = decode(&wrong).expect_err("a wrong member").to_string();
        assert!(error.contains(&format!("corrupt (at {first})")), "{first}: {error}");
    }
}
