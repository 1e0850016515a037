//! State ⇄ the text that a host stores. Versioned, readable JSON; whatever is not exactly ours is refused in words.

use crate::budget::Budget;
use crate::budget::bucket::Bucket;
use crate::checkpoint::reader::{Reader, Wrong};
use crate::error::Error;
use crate::sync::gap::Gap;
use crate::sync::rejected_types::Unknown;
use crate::sync::rest::Rest;
use crate::sync::state::{Binding, GAPS_MAX, State};
use crate::text::object::{Object, push_string};
use crate::text::time::Millis;

/// What the text says it is.
const FORMAT: &str = "buildkite-audit-logs";
/// The only version there is.
const VERSION: i64 = 1;
/// Largest text: 40,000 uuids take 1.2 MB, 17 cursors 70 kB, the list of types 50 kB.
pub const CHECKPOINT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Writes the text.
pub fn encode(state: &State) -> String {
    let mut text = String::with_capacity(1_024 + 30 * state.known.len());
    let mut all = Object::open(&mut text);
    all.text("format", FORMAT);
    all.number("version", VERSION);
    all.text("org_slug", &state.binding.org_slug);
    all.text("origin", &state.binding.origin);
    all.list("event_types", &state.binding.event_types, |out, name| push_string(out, name));
    let times = [
        ("start", state.start),
        ("followed", state.followed),
        ("high_water", state.high_water),
        ("full", state.full),
        ("full_polled", state.full_polled),
        ("covered", Some(state.covered)),
        ("polled", state.polled),
        ("asked", state.asked),
        ("throttled_until", state.throttled_until),
    ];
    times.into_iter().for_each(|(name, at)| time(&mut all, name, at));
    if state.rest != Rest::default() {
        time(&mut all, "rest_until", state.rest.until);
        all.number("rest_failures", state.rest.failures.into());
        all.number("must_poll", state.rest.must_poll.into());
    }
    if let Some(reduced) = &state.reduced {
        all.number("page_size", reduced.size.into());
        all.number("good_pages", reduced.good.into());
    }
    let unknown = &state.unknown;
    if !unknown.names.is_empty() {
        all.list("unknown_types", &unknown.names, |out, name| push_string(out, name));
        all.number("unknown_refusals", unknown.refusals.into());
        time(&mut all, "unknown_tried", unknown.tried);
        time(&mut all, "unknown_looked", unknown.looked);
    }
    let budget = &state.budget;
    bucket(&mut all, "organization_points", budget.organization.as_ref());
    bucket(&mut all, "user_points", budget.user.as_ref());
    bucket(&mut all, "portal_requests", budget.portal.as_ref());
    all.number("live_points", budget.live_points);
    all.number("event_points", budget.event_points);
    all.number("front_pages", state.front_pages.into());
    all.number("old_pages", state.old_pages.into());
    all.list("gaps", &state.gaps, gap);
    all.plain("known", &state.known.pack());
    if !state.undated.is_empty() {
        all.plain("undated", &state.undated.pack());
    }
    all.close();
    text
}

fn time(object: &mut Object, name: &str, time: Option<Millis>) {
    if let Some(time) = time {
        object.plain(name, &time.to_string());
    }
}

fn bucket(object: &mut Object, name: &str, bucket: Option<&Bucket>) {
    if let Some(bucket) = bucket {
        let mut inner = Object::open(object.member(name));
        inner.number("limit", bucket.limit);
        inner.number("remaining", bucket.remaining);
        time(&mut inner, "resets", Some(bucket.resets));
        inner.number("old", bucket.old);
        inner.number("small", bucket.small.into());
        inner.close();
    }
}

fn gap(out: &mut String, gap: &Gap) {
    let mut object = Object::open(out);
    time(&mut object, "floor", Some(gap.floor));
    time(&mut object, "reached", Some(gap.reached));
    if let Some(cursor) = &gap.cursor {
        object.text("after", &cursor.after);
        time(&mut object, "to", cursor.to);
    }
    object.number("confirm", gap.confirm.into());
    object.number("barren", gap.barren.into());
    object.number("odd", gap.odd.into());
    object.close();
}

fn read(mut reader: Reader) -> Result<State, Wrong> {
    let state = State {
        binding: Binding {
            org_slug: reader.text("org_slug"),
            origin: reader.text("origin"),
            event_types: reader.texts("event_types"),
        },
        start: reader.time("start"),
        followed: reader.time("followed"),
        high_water: reader.time("high_water"),
        full: reader.time("full"),
        full_polled: reader.time("full_polled"),
        covered: reader.needed("covered"),
        polled: reader.time("polled"),
        asked: reader.time("asked"),
        throttled_until: reader.time("throttled_until"),
        rest: Rest {
            until: reader.time("rest_until"),
            failures: reader.added_count("rest_failures"),
            must_poll: reader.added("must_poll") != 0,
        },
        reduced: reader.reduced(),
        unknown: Unknown {
            names: reader.texts_or_none("unknown_types"),
            refusals: reader.added_count("unknown_refusals"),
            tried: reader.time("unknown_tried"),
            looked: reader.time("unknown_looked"),
        },
        budget: budget(&mut reader),
        front_pages: reader.count("front_pages"),
        old_pages: reader.added_count("old_pages"),
        gaps: reader.gaps("gaps"),
        known: reader.known("known"),
        undated: reader.undated("undated"),
    };
    reader.close().map(|()| state)
}

fn budget(reader: &mut Reader) -> Budget {
    let mut budget = Budget {
        organization: reader.bucket("organization_points"),
        user: reader.bucket("user_points"),
        portal: reader.bucket("portal_requests"),
        live_points: reader.number("live_points"),
        event_points: reader.added("event_points"),
    };
    // A text written before each bucket kept what it has spent has one figure for both.
    let (old, window) = (reader.added("old_points"), reader.time("window"));
    let small = reader.time("small_asked");
    for bucket in [&mut budget.organization, &mut budget.user].into_iter().flatten() {
        let is_now = |end: Option<Millis>| end.is_some_and(|end| bucket.is_same_window(end));
        let (has_old, has_small) = (is_now(window), is_now(small));
        bucket.old = if has_old { old } else { bucket.old };
        bucket.small |= has_small;
    }
    budget
}

fn refused(why: &str) -> Error {
    Error::InvalidCheckpoint(format!(
        "{why}; nothing was changed: restore an earlier copy, or start anew without a checkpoint \
         (with backfill_start_time, to fetch the past again)"
    ))
}

/// Reads the text, whoever it belongs to.
///
/// # Errors
///
/// [`Error::InvalidCheckpoint`]: too large, no checkpoint of ours, of a newer version, or one that contradicts itself.
pub fn decode(text: &str) -> Result<State, Error> {
    if text.len() > CHECKPOINT_BYTES_MAX {
        return Err(refused("the checkpoint is larger than 2 MiB, which ours never are"));
    }
    let mut reader = Reader::open(text);
    let (format, version) = (reader.text("format"), reader.number("version"));
    if reader.wrong.is_some() {
        return Err(refused("the checkpoint is not one of this connector, or is corrupt"));
    }
    if format != FORMAT {
        return Err(refused("the checkpoint belongs to another connector"));
    }
    if version != VERSION {
        return Err(refused(&format!(
            "the checkpoint has version {version}, this connector knows version {VERSION}: use the one that wrote it"
        )));
    }
    let state = read(reader)
        .map_err(|wrong| refused(&format!("the checkpoint is corrupt (at {wrong})")))?;
    match fault(&state) {
        Some(why) => Err(refused(&format!("the checkpoint contradicts itself ({why})"))),
        None => Ok(state),
    }
}

/// Whether names are some of those asked for, each once, and not all of them.
fn is_part(names: &[String], asked: &[String]) -> bool {
    let is_once =
        |(at, name): (usize, &String)| !names[..at].contains(name) && asked.contains(name);
    names.is_empty() || (names.len() < asked.len() && names.iter().enumerate().all(is_once))
}

/// What cannot be true of any state of ours.
fn fault(state: &State) -> Option<&'static str> {
    let begun = [state.start.is_some(), state.full.is_some(), state.polled.is_some()];
    let ordered = state.gaps.windows(2).all(|pair| pair[0].floor > pair[1].reached);
    let is_low = state.gaps.last().is_some_and(|gap| Some(gap.floor) < state.start);
    // An earlier backfill start adds one below, down to itself, to those that may be opened; it is added once.
    let is_added = state.gaps.last().is_some_and(|gap| Some(gap.floor) == state.start);
    if state.gaps.len() > GAPS_MAX + usize::from(is_added) {
        Some("too many gaps")
    } else if is_low || !ordered || state.gaps.iter().any(|gap| gap.floor > gap.reached) {
        Some("gaps overlap, are turned round or lie below the start")
    } else if state.high_water.is_some() && begun.contains(&false) {
        Some("a high-water time without a start")
    } else if state.high_water.is_none() && !(state.gaps.is_empty() && state.known.is_empty()) {
        Some("gaps without a high-water time")
    } else if state.reduced.as_ref().is_some_and(|reduced| reduced.size == 0) {
        Some("a page of no events")
    } else if !is_part(&state.unknown.names, &state.binding.event_types) {
        Some("unknown types that nobody asks for, or nothing else")
    } else {
        None
    }
}
