//! `run` with a database as its output: records and checkpoint in one transaction.

use host_kit::{World, assert_same};

const RUN: &str = "run --config c.json --output sqlite:o.sqlite --until-idle";

#[test]
fn every_event_is_one_row_with_its_columns() {
    let world = World::new(1_500);
    world.good(RUN);
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
    let database = rusqlite::Connection::open(world.path("o.sqlite")).unwrap();
    let wrong: u32 = database
        .query_row(
            "SELECT count(*) FROM events WHERE uuid != payload ->> 'uuid' \
             OR kind != payload ->> 'type' OR occurred_at != payload ->> 'occurredAt'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(wrong, 0);
}

#[test]
fn a_second_run_adds_only_new_events() {
    let world = World::new(600);
    world.good(RUN);
    world.fake.add_events(4, None);
    world.good(RUN);
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn a_repeated_record_is_visible() {
    let world = World::new(600);
    world.good(RUN);
    world.good("state reset --state c.state.sqlite");
    world.good(RUN);
    assert_eq!(world.in_sqlite("o.sqlite").len(), 1_200);
}

#[test]
fn a_database_of_another_program_is_left_unchanged() {
    let world = World::new(1);
    let theirs = rusqlite::Connection::open(world.path("o.sqlite")).unwrap();
    theirs.execute_batch("CREATE TABLE events (x)").unwrap();
    drop(theirs);
    let before = std::fs::read(world.path("o.sqlite")).unwrap();
    let message = world.bad(RUN, 2);
    assert!(message.contains("a database of another program"), "{message}");
    assert_eq!(std::fs::read(world.path("o.sqlite")).unwrap(), before);
}
