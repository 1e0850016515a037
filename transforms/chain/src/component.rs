//! The shell: the exported source, in terms of the imported source and transform.
#![allow(missing_docs, unsafe_code)] // Only for the generated bindings.

use std::cell::RefCell;

use crate::settings::{schema, split};

#[allow(clippy::all)]
pub(crate) mod bindings {
    wit_bindgen::generate!({ path: ["../../wit", "wit"], world: "etl:chain/chain", generate_all });
}

use bindings::etl::connector::{source, transform};
use bindings::exports::etl::connector::source::{
    Batch, Configuration, Descriptor, Error, Event, FieldError, Finding, Guest,
};

/// JSON Schema of the records: the settings decide which one it is.
const RECORD_SCHEMA: &str = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","description":"What the transform returns"}"#;

thread_local! {
    /// What every call but `configure` and `describe` returns. `None` while both are configured and in step.
    static FAILED: RefCell<Option<Error>> = RefCell::new(Some(unconfigured()));
}

/// 7 kB smaller than the standard library's allocator. An instance has a single thread.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

struct Component;

bindings::export!(Component with_types_in bindings);

fn unconfigured() -> Error {
    Error::InvalidConfig(vec![FieldError {
        field: "settings".into(),
        message: "not configured: configure must succeed first".into(),
    }])
}

/// Returns an error if both are not configured, or no longer in step.
fn check_ready() -> Result<(), Error> {
    FAILED.with_borrow(|failed| failed.clone().map_or(Ok(()), Err))
}

/// Replaces the payloads of these events.
fn apply(events: Vec<source::Event>) -> Result<Vec<Event>, Error> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let passed: Vec<transform::Event> = events.into_iter().map(Into::into).collect();
    let returned = transform::transform(&passed);
    let why = match returned {
        Ok(returned) if is_in_step(&passed, &returned) => {
            return Ok(returned.into_iter().map(Into::into).collect());
        }
        Ok(_) => "it did not return the same events in the same order".into(),
        Err(why) => why,
    };
    let error = Error::Protocol(format!("the transform failed: {why}"));
    FAILED.set(Some(error.clone()));
    Err(error)
}

fn is_in_step(passed: &[transform::Event], returned: &[transform::Event]) -> bool {
    let is_same = |(one, other): (&transform::Event, &transform::Event)| {
        (&one.id, &one.occurred_at, &one.kind) == (&other.id, &other.occurred_at, &other.kind)
    };
    passed.len() == returned.len() && passed.iter().zip(returned).all(is_same)
}

impl Guest for Component {
    fn describe() -> Descriptor {
        let (source, transform) = (source::describe(), transform::describe());
        Descriptor {
            name: source.name,
            version: source.version,
            settings_schema: schema(&source.settings_schema, &transform.settings_schema),
            record_schema: RECORD_SCHEMA.into(),
            allowed_hosts: source.allowed_hosts,
        }
    }

    fn configure(config: Configuration) -> Result<(), Error> {
        FAILED.set(Some(unconfigured()));
        let (settings, own) = split(&config.settings, &transform::describe().settings_schema);
        let own = transform::configure(&own).err().unwrap_or_default();
        let mut faults: Vec<FieldError> = own.into_iter().map(Into::into).collect();
        let secrets = config.secrets.into_iter().map(Into::into).collect();
        let checkpoint = config.checkpoint;
        match source::configure(&source::Configuration { settings, secrets, checkpoint }) {
            Err(source::Error::InvalidConfig(more)) => {
                faults.extend(more.into_iter().map(FieldError::from));
            }
            Err(error) if faults.is_empty() => return Err(error.into()),
            _ => {}
        }
        if !faults.is_empty() {
            return Err(Error::InvalidConfig(faults));
        }
        FAILED.set(None);
        Ok(())
    }

    fn check() -> Result<Vec<Finding>, Error> {
        check_ready()?;
        Ok(source::check()?.into_iter().map(Into::into).collect())
    }

    fn read_batch(max_records: u32) -> Result<Batch, Error> {
        check_ready()?;
        let batch = source::read_batch(max_records)?;
        let records = apply(batch.records)?;
        Ok(Batch { records, next: batch.next.into(), stats: batch.stats.into() })
    }

    fn checkpoint() -> Result<String, Error> {
        check_ready()?;
        Ok(source::checkpoint()?)
    }
}
