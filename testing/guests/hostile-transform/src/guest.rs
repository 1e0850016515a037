//! Exports of the world, which misbehave.
#![allow(missing_docs, unsafe_code)] // For the generated bindings.

use std::cell::RefCell;
use std::hint::black_box;

#[allow(clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "transform-plugin" });
}

use bindings::exports::etl::connector::transform::{Descriptor, Event, FieldError, Guest};

thread_local! {
    /// The attack, and the number of good calls before it.
    static STATE: RefCell<(String, u64)> = const { RefCell::new((String::new(), 0)) };
}

struct Hostile;

bindings::export!(Hostile with_types_in bindings);

impl Guest for Hostile {
    fn describe() -> Descriptor {
        Descriptor { name: "hostile".into(), version: "0".into(), settings_schema: "{}".into() }
    }

    fn configure(settings: String) -> Result<(), Vec<FieldError>> {
        let attack = settings.split('"').nth(3).unwrap_or_default();
        let (name, after) = attack.split_once(' ').unwrap_or((attack, "0"));
        if name == "refuse" {
            let message = "no\n2026 ERROR that forges a line".into();
            return Err(vec![FieldError { field: "attack".into(), message }]);
        }
        STATE.set((name.to_owned(), after.parse().unwrap_or_default()));
        Ok(())
    }

    fn transform(mut events: Vec<Event>) -> Result<Vec<Event>, String> {
        let (name, good) = STATE.take();
        STATE.set((name.clone(), good.saturating_sub(1)));
        if good > 0 {
            return Ok(events);
        }
        match name.as_str() {
            "loop" => loop {
                black_box(0);
            },
            "memory" => {
                let mut all: Vec<Vec<u8>> = Vec::new();
                loop {
                    all.push(vec![1; 1 << 20]);
                    black_box(&all);
                }
            }
            "trap" => std::process::abort(),
            "drop" => drop(events.pop()),
            "add" => events.extend(events.last().cloned()),
            "swap" => events.reverse(),
            "rename" => events.iter_mut().for_each(|event| event.id.push('x')),
            "date" => events.iter_mut().for_each(|event| event.occurred_at.clear()),
            "huge" => events.iter_mut().for_each(|event| event.payload = "x".repeat(2 << 20)),
            "lines" => events.iter_mut().for_each(|event| event.payload = "{\n}\n{}".into()),
            "fail" => {
                return Err(format!("no\n2026 ERROR that forges a line{}", "x".repeat(8 << 20)));
            }
            _ => {}
        }
        Ok(events)
    }
}
