//! The four commands.

use crate::airbyte::catalog::{self, catalog};
use crate::airbyte::message::{Message, State, Status, StreamStatus};
use crate::airbyte::receiver::{Last, Sender, status};
use crate::airbyte::state::{self, state};
use crate::airbyte::{catalog::Mode, spec::spec as specification};
use crate::connector::Connector;
use crate::output::say;
use crate::settings::{self, flat};
use crate::stream::Form;
use crate::sync::sync;
use host_test::exit::{Failure, Result};
use host_test::guest::contract::Outcome;
use std::path::Path;
use std::sync::PoisonError;

pub(super) async fn spec(connector: &Connector) -> Result<()> {
    let transform = connector.transform_settings().await?;
    say(&Message::Spec { spec: specification(&connector.settings, &transform) })
}

/// A config that does not work is a result of this command, not an error.
pub(super) async fn check(connector: &Connector, config: &Path) -> Result<()> {
    let (status, message) = match findings(connector, config).await {
        Ok(()) => ("SUCCEEDED", None),
        Err(failure) => ("FAILED", Some(flat(&failure.to_string()))),
    };
    say(&Message::ConnectionStatus {
        connection_status: Status { status, message: message.as_deref() },
    })
}

/// Returns an error with everything that failed.
async fn findings(connector: &Connector, config: &Path) -> Result<()> {
    let settings = settings::read(config, &connector.settings)?;
    let mut source = connector.start(&settings, None).await?;
    let mut failed = Vec::new();
    for finding in source.check().await? {
        let text = format!("{}: {}", finding.step, finding.message);
        match finding.outcome {
            Outcome::Failed => failed.push(text),
            Outcome::Warned => tracing::warn!("{text}"),
            Outcome::Passed | Outcome::Skipped => tracing::info!("{text}"),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::Refused(failed.join("\n"))) }
}

pub(super) async fn discover(connector: &Connector, config: &Path) -> Result<()> {
    let settings = settings::read(config, &connector.settings)?;
    // Finds what is wrong with the settings.
    connector.start(&settings, None).await?;
    let form = Form::of(settings.transform.as_ref());
    say(&Message::Catalog { catalog: catalog(form, &connector.record) })
}

pub(super) async fn read(
    connector: &Connector,
    config: &Path,
    catalog: &Path,
    states: Option<&Path>,
) -> Result<()> {
    let settings = settings::read(config, &connector.settings)?;
    let mode = catalog::read(catalog)?;
    let checkpoint = states.map(|path| state::read(path, mode)).transpose()?.flatten();
    say(&status(StreamStatus::Started, None))?;
    let last = Last::default();
    let sender = Box::new(Sender::new(mode, Last::clone(&last)));
    if let Err(failure) = sync(connector, &settings, checkpoint, sender).await {
        say(&status(StreamStatus::Incomplete, None))?;
        return Err(failure);
    }
    let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Mode::FullRefresh, Some(checkpoint)) = (mode, last) {
        let state = state(&checkpoint, mode, true);
        say(&Message::State { state: State::new(&state, 0) })?;
    }
    say(&status(StreamStatus::Complete, None))
}
