//! The log: each event of `tracing` becomes a LOG message, since Airbyte shows those to the user.

use crate::airbyte::message::{Log, Message};
use crate::output::print_message;
use host_test::exit::{Failure, Result};
use std::fmt::{self, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Logs this program and warnings of its libraries.
///
/// # Errors
///
/// Returns [`Failure::Failed`] if the log was started already.
pub fn start() -> Result<()> {
    let fail = |why: String| Failure::Failed(format!("cannot start the log: {why}"));
    let filter = "warn,host_test=info,protocols=info";
    let filter = EnvFilter::try_new(filter).map_err(|error| fail(error.to_string()))?;
    let all = tracing_subscriber::registry().with(Messages.with_filter(filter));
    tracing::subscriber::set_global_default(all).map_err(|error| fail(error.to_string()))
}

struct Messages;

impl<S: Subscriber> Layer<S> for Messages {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let log = Log { level: event.metadata().level().as_str(), message: &text.0 };
        // If standard output is gone, the next record ends the command.
        let _ = print_message(&Message::Log { log });
    }
}

/// The message and the fields of an event.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a `String` cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
