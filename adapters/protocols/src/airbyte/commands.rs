//! The four commands.

use crate::airbyte::catalog::{self, Mode};
use crate::airbyte::message::{Message, State, Status, StreamStatus};
use crate::airbyte::receiver::{Writer, status};
use crate::airbyte::{spec, state};
use crate::connector::Connector;
use crate::output::print_message;
use crate::settings::{self, error_text};
use crate::stream::Form;
use crate::sync::{insist_on_start, sync};
use host_test::exit::{Failure, Result};
use host_test::guest::contract::Outcome;
use std::path::Path;

pub(super) async fn spec(connector: &Connector) -> Result<()> {
    let transform = connector.transform_settings().await?;
    print_message(&Message::Spec { spec: spec::spec(&connector.settings, &transform) })
}

/// A config that does not work is a result of this command, not an error.
pub(super) async fn check(connector: &Connector, config: &Path) -> Result<()> {
    let (status, message) = match check_connection(connector, config).await {
        Ok(()) => ("SUCCEEDED", None),
        Err(failure) => ("FAILED", Some(error_text(&failure))),
    };
    print_message(&Message::ConnectionStatus {
        connection_status: Status { status, message: message.as_deref() },
    })
}

/// Returns an error with everything that failed.
async fn check_connection(connector: &Connector, config: &Path) -> Result<()> {
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
    print_message(&Message::Catalog { catalog: catalog::discovered(form, &connector.record) })
}

pub(super) async fn read(
    connector: &Connector,
    config: &Path,
    catalog: &Path,
    states: Option<&Path>,
) -> Result<()> {
    let settings = settings::read(config, &connector.settings)?;
    let mode = catalog::read(catalog)?;
    if mode == Mode::FullRefresh {
        insist_on_start(&settings)?;
    }
    let checkpoint = states.map(|path| state::read(path, mode)).transpose()?.flatten();
    print_message(&status(StreamStatus::Started, None))?;
    let writer = Box::new(Writer::new(mode));
    let checkpoint = match sync(connector, &settings, checkpoint, writer).await {
        Ok(checkpoint) => checkpoint,
        Err(failure) => {
            print_message(&status(StreamStatus::Incomplete, None))?;
            return Err(failure);
        }
    };
    if mode == Mode::FullRefresh {
        let state = state::after(&checkpoint, mode, true);
        print_message(&Message::State { state: State::new(&state, 0) })?;
    }
    print_message(&status(StreamStatus::Complete, None))
}
