//! Judges whether a run kept its promises. Only what `read-batch` returned counts.

use buildkite_audit_logs::checkpoint::decode;
use buildkite_audit_logs::text::time::Millis;

use crate::host::Host;
use crate::remote::{Kind, Stored};
use crate::sink::Count;
use crate::story::{BEGIN_US, SECOND_US, Story};
use crate::tally::Mark;

/// How far below the start rows are listed, since requests widen the bounds.
const UNDATED_MS: i64 = 1_001;

/// Judges a finished run.
pub fn judge(host: &mut Host, was_calm: bool) -> Result<(), String> {
    let stored = host.sink.stored.clone().ok_or("no checkpoint was ever stored")?;
    let start =
        decode(&stored).map_err(|error| error.to_string())?.tail.start().ok_or("no start")?;
    let events = host.story.remote.events().to_vec();
    for event in &events {
        let count = host.sink.counts[event.number as usize];
        once(host, event, count, start)?;
        host.tally.events += 1;
        match event.kind {
            Kind::Undated if count.got > 0 => host.tally.mark(Mark::Undated),
            Kind::Nameless => host.tally.mark(Mark::Nameless),
            _ => {}
        }
        host.tally.delivered += u64::from(count.got > 0);
        host.tally.torn_repeats += u64::from(count.got.saturating_sub(1));
        if was_read_late(host, event, count) {
            host.tally.mark(Mark::LateEventRead);
        }
        if was_calm {
            soon(host, event, count, start)?;
        }
    }
    let page = host.story.wanted.page as usize;
    let shown_ms = |event: &Stored| event.at_us / 1_000;
    if events.windows(page + 1).any(|crowd| shown_ms(&crowd[0]) == shown_ms(&crowd[page])) {
        host.tally.mark(Mark::CrowdedMillisecond);
    }
    if was_calm {
        host.tally.mark(Mark::CalmRun);
        cheap(host, &events)?;
    }
    Ok(())
}

/// Returns whether everything that must be delivered was delivered.
pub fn is_complete(host: &Host) -> bool {
    let stored = host.sink.stored.as_deref().and_then(|text| decode(text).ok());
    let Some(start) = stored.and_then(|state| state.tail.start()) else { return false };
    let count = |event: &Stored| host.sink.counts[event.number as usize];
    host.story.remote.events().iter().all(|event| once(host, event, count(event), start).is_ok())
}

/// Checks that an event was delivered exactly once, or that there is a good reason why it was not.
fn once(host: &Host, event: &Stored, count: Count, start: Millis) -> Result<(), String> {
    let excludes = host.story.wanted.excludes;
    let is_wanted = Millis::new(event.at_us / 1_000) >= start
        && match event.kind {
            Kind::Plain | Kind::New | Kind::Undated => true,
            Kind::Excludable => host.has_toggled || !excludes,
            Kind::Null | Kind::Nameless => false,
        };
    // Within a second of the start, its neighbors do not show whether it is before the start.
    let may_come =
        event.kind == Kind::Undated && Millis::new(event.at_us / 1_000) >= start.plus(-UNDATED_MS);
    let late_us = event.visible_us - event.at_us;
    let may_lack = late_us > host.story.least_lookback_s * SECOND_US
        || host.hidden.contains(&event.number)
        || (event.kind == Kind::Excludable && host.has_toggled);
    match count.got {
        0 if is_wanted && !may_lack => Err(format!("{event:?} was lost")),
        0 => Ok(()),
        // Events whose checkpoint was lost in a crash may have been delivered under an earlier start or filter.
        got if !is_wanted && got > count.excused + u32::from(may_come) => {
            Err(format!("{event:?} should not have been delivered; the start is {start}"))
        }
        got if got > 1 + count.excused => Err(format!("{event:?} was delivered {got} times")),
        _ => Ok(()),
    }
}

/// Returns whether a live poll had passed the event before it became visible.
fn was_read_late(host: &Host, event: &Stored, count: Count) -> bool {
    let since_us = event.at_us + 6 * SECOND_US;
    let first = host.live_asks_us.partition_point(|asked| *asked < since_us);
    let passed = host.live_asks_us.get(first).is_some_and(|asked| *asked < event.visible_us);
    count.got > 0 && event.at_us > BEGIN_US && passed
}

/// Returns the minimum average number of events that a page really contains.
fn effective_page(story: &Story) -> usize {
    let quirks = story.remote.quirks;
    let page = (story.wanted.page as usize).min(quirks.clamp);
    if quirks.short_pages { page.div_ceil(3) } else { page }
}

/// Checks that an event was delivered within an interval, or an interval and a lookback if it was late, plus the time
/// for a number of requests that does not depend on the backfill.
fn soon(host: &Host, event: &Stored, count: Count, start: Millis) -> Result<(), String> {
    let story = &host.story;
    if event.visible_us <= BEGIN_US || count.got == 0 || event.at_us < start.get() * 1_000 {
        return Ok(());
    }
    let (lookback_us, interval_us) =
        (story.wanted.lookback_s * SECOND_US, story.wanted.interval_s * SECOND_US);
    let near_us = BEGIN_US - 2 * lookback_us;
    let near = story.remote.events().iter().filter(|other| other.at_us > near_us).count();
    let pages = near.div_ceil(effective_page(story));
    let requests = 60 + 8 * pages;
    // Events of a type that becomes known are found by the next full re-read, like late events.
    let is_late = event.visible_us - event.at_us > SECOND_US || event.kind == Kind::New;
    let due_us = event.visible_us
        + interval_us
        + if is_late { lookback_us } else { 0 }
        + requests as i64 * SECOND_US / 2;
    match count.first_us <= due_us {
        true => Ok(()),
        false => Err(format!(
            "{event:?} was delivered {} s too late",
            (count.first_us - due_us) / SECOND_US
        )),
    }
}

/// Returns the maximum number of events in any span of this length.
fn densest(events: &[Stored], span_us: i64) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, event) in events.iter().enumerate() {
        while event.at_us - events[first].at_us > span_us {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// Checks that the number of requests is bounded by the polls, the events and what must be read again.
fn cheap(host: &Host, events: &[Stored]) -> Result<(), String> {
    let story = &host.story;
    let (lookback_us, interval_us) =
        (story.wanted.lookback_s * SECOND_US, story.wanted.interval_s * SECOND_US);
    let page = effective_page(story);
    let elapsed_us = host.now_us - BEGIN_US;
    let polls = host.live_asks_us.len();
    let full = (elapsed_us / lookback_us) as usize + 2;
    // A poll re-reads few known events, or those of some seconds; a full re-read covers all of a lookback.
    let poll_rows = 25 + densest(events, 10 * SECOND_US);
    let full_rows = densest(events, 2 * lookback_us + interval_us + 10 * SECOND_US);
    let pages = events.len().div_ceil(page);
    let requests_max = 10
        + polls * (3 + poll_rows.div_ceil(page))
        + full.min(polls) * full_rows.div_ceil(page)
        + 3 * pages;
    if host.tally.requests as usize > requests_max {
        return Err(format!("{} requests, more than {requests_max}", host.tally.requests));
    }
    // Each poll that is refused because of a type is repeated without it.
    let asks = if story.remote.quirks.knows_from_us > 0 { 2 } else { 1 };
    let polls_max = asks * ((elapsed_us / interval_us) as usize + 3);
    match polls > polls_max && !story.habits.drops_instances {
        true => Err(format!("{polls} polls, more than {polls_max}")),
        false => Ok(()),
    }
}
