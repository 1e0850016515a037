//! `state`: shows or changes a state file.

use super::print;
use crate::config::file::Config;
use crate::exit::{Failure, Result};
use crate::state::State;
use buildkite_audit_logs::checkpoint::tools;
use std::path::{Path, PathBuf};

/// Options of `state`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-test state show --state acme.state.sqlite")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the stored checkpoint. Works while a run is in progress.
    #[command(after_help = "Example:\n  host-test state show --state acme.state.sqlite")]
    Show {
        /// State file.
        #[arg(long, value_name = "FILE")]
        state: PathBuf,
        /// Print the checkpoint itself, as the component returned it.
        #[arg(long)]
        json: bool,
    },
    /// Remove the checkpoint: the next run starts where the settings say, and may repeat or skip events.
    /// The old checkpoint is kept in the file, in the table `kept`.
    #[command(after_help = "Example:\n  host-test state reset --state acme.state.sqlite")]
    Reset {
        /// State file.
        #[arg(long, value_name = "FILE")]
        state: PathBuf,
    },
    /// Accept a changed `endpoint` or `event_types`: continue from the newest time reached, and report
    /// what that leaves out. The old checkpoint is kept in the file, in the table `kept`.
    #[command(after_help = "\
Example:\n  host-test state rebind --state acme.state.sqlite --config acme.json")]
    Rebind {
        /// State file.
        #[arg(long, value_name = "FILE")]
        state: PathBuf,
        /// Config file with the new settings.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if the state or the config is refused, or if the state is locked.
pub fn state(args: Args) -> Result<()> {
    match args.what {
        What::Show { state, json } => show(&state, json),
        What::Reset { state } => reset(&state),
        What::Rebind { state, config } => rebind(&state, &config),
    }
}

fn exists(path: &Path) -> Result<()> {
    match path.exists() {
        true => Ok(()),
        false => Err(Failure::Refused(format!(
            "state {} does not exist; name the state file of a run",
            path.display()
        ))),
    }
}

fn show(path: &Path, json: bool) -> Result<()> {
    exists(path)?;
    let Some(stored) = State::peek(path)? else {
        return match json {
            true => print("null\n"),
            false => print("no checkpoint yet: the next run starts where the settings say\n"),
        };
    };
    if json {
        return print(&format!("{}\n", stored.body));
    }
    let summary = tools::summary(&stored.body)
        .map_err(|why| Failure::Refused(format!("cannot show state {}: {why}", path.display())))?;
    print(&format!("stored at       {}\n{}\n", stored.at, summary.trim_end()))
}

fn reset(path: &Path) -> Result<()> {
    exists(path)?;
    match State::open(path)?.replace(None, "reset")? {
        true => print(
            "reset: the next run starts where the settings say. It repeats what was delivered since \
             backfill_start_time;\nwithout that setting, it skips events not yet delivered.\n\
             The old checkpoint is kept in the table `kept` of the state file.\n",
        ),
        false => print("there was no checkpoint; nothing changed\n"),
    }
}

fn rebind(path: &Path, config: &Path) -> Result<()> {
    exists(path)?;
    let config = Config::read(config)?;
    let mut state = State::open(path)?;
    let Some(stored) = state.checkpoint()? else {
        return print("there is no checkpoint to rebind; nothing changed\n");
    };
    let rebound = tools::rebind(&stored.body, &config.settings.to_string()).map_err(|why| {
        Failure::Refused(format!("cannot rebind state {}: {why}", path.display()))
    })?;
    state.replace(Some(&rebound.checkpoint), "rebind")?;
    let mut text =
        "rebound; the old checkpoint is kept in the table `kept` of the state file\n".to_owned();
    for line in &rebound.left_out {
        text.push_str(&format!("left out: {line}\n"));
    }
    print(&text)
}
