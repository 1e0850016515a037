//! The shell: the WIT world around [`Transform`]. It makes no decisions.
#![allow(missing_docs, unsafe_code)] // Only for the generated bindings.

use std::cell::RefCell;

use crate::input::Input;
use crate::settings::{SETTINGS_SCHEMA, Settings};
use crate::transform::Transform;

#[allow(clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "transform-plugin" });
}

use bindings::exports::etl::connector::transform::{Descriptor, Event, FieldError, Guest};

thread_local! {
    /// `None` before a successful `configure`.
    static TRANSFORM: RefCell<Option<Transform>> = const { RefCell::new(None) };
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
        TRANSFORM.set(None);
        let settings = Settings::parse(&settings).map_err(|faults| {
            let fault = |fault: crate::settings::Fault| FieldError {
                field: fault.field,
                message: fault.message,
            };
            faults.into_iter().map(fault).collect::<Vec<_>>()
        })?;
        TRANSFORM.set(Some(Transform::new(settings)));
        Ok(())
    }

    fn transform(events: Vec<Event>) -> Result<Vec<Event>, String> {
        TRANSFORM.with_borrow_mut(|transform| {
            let unconfigured = "not configured: configure must succeed first";
            let transform = transform.as_mut().ok_or(unconfigured)?;
            let inputs = events.iter().map(|event| Input {
                id: &event.id,
                occurred_at: &event.occurred_at,
                kind: &event.kind,
                payload: &event.payload,
            });
            let payloads = transform.apply(inputs);
            let with = |(event, payload)| Event { payload, ..event };
            Ok(events.into_iter().zip(payloads).map(with).collect())
        })
    }
}
