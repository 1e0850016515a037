//! The shell: the WIT world around [`transform`]. It makes no decisions.
#![allow(missing_docs, unsafe_code)] // Only for the generated bindings.

use std::cell::RefCell;

use crate::input::Input;
use crate::settings::{SETTINGS_SCHEMA, Settings};
use crate::transform::transform;

#[allow(clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "transform-plugin" });
}

use bindings::exports::etl::connector::transform::{Descriptor, Event, FieldError, Guest};

thread_local! {
    /// `None` before a successful `configure`.
    static SETTINGS: RefCell<Option<Settings>> = const { RefCell::new(None) };
}

/// 7 kB smaller than the standard library's allocator. An instance has a single thread.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

struct Component;

bindings::export!(Component with_types_in bindings);

impl Guest for Component {
    fn describe() -> Descriptor {
        Descriptor {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            settings_schema: SETTINGS_SCHEMA.into(),
        }
    }

    fn configure(settings: String) -> Result<(), Vec<FieldError>> {
        // Reset first: a failed call must not leave the former settings in place.
        SETTINGS.set(None);
        let settings = Settings::parse(&settings).map_err(|faults| {
            let fault = |fault: crate::settings::Fault| FieldError {
                field: fault.field,
                message: fault.message,
            };
            faults.into_iter().map(fault).collect::<Vec<_>>()
        })?;
        SETTINGS.set(Some(settings));
        Ok(())
    }

    fn transform(events: Vec<Event>) -> Result<Vec<Event>, String> {
        SETTINGS.with_borrow(|settings| {
            let settings =
                settings.as_ref().ok_or("not configured: configure must succeed first")?;
            let inputs = events.iter().map(|event| Input {
                id: &event.id,
                time: 0,
                occurred_at: &event.occurred_at,
                kind: &event.kind,
                payload: &event.payload,
            });
            let payloads = transform(settings, inputs).map_err(|error| error.to_string())?;
            let with = |(event, payload)| Event { payload, ..event };
            Ok(events.into_iter().zip(payloads).map(with).collect())
        })
    }
}
