//! `tenants`: runs many untrusted configurations in one process.

use super::print;
use crate::egress::origin::list;
use crate::egress::outbound::{Environment, Flags, Outbound};
use crate::exit::{Failure, Result};
use crate::guest::chosen;
use crate::guest::engine::{CodeCache, Options};
use crate::limits::Limits;
use crate::run::listen::Listen;
use crate::run::metrics::{Endpoint, Metrics};
use crate::run::patience;
use crate::run::progress::say;
use crate::run::stop::{Hangup, Stop};
use crate::state::lock::Lock;
use crate::tenants::rows::reset;
use crate::tenants::schedule::{Schedule, check_none_failed};
use crate::tenants::status;
use crate::tenants::store::Store;
use crate::tenants::supply::Supply;
use crate::tenants::turn::Shared;
use serde_json::json;
use source_driver::Plan;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ABOUT: &str = "\
Each tenant has a folder in DIR, with config.json and its secret files:
  DIR/acme/config.json   {\"settings\": {\"org_slug\": \"acme\"},
                          \"secrets\": {\"api_token\": {\"file\": \"token\"}}}
  DIR/acme/token         only the token
A tenant controls its settings and nothing else: component, limits, paths and hosts are flags, and a
secret is a regular file in its own folder. Folders that are added, changed or removed are noticed
at run time; an invalid configuration is reported and does not stop other tenants. Records go to
OUTPUT_DIR/TENANT.ndjson, each exactly once, even if the process is killed at any moment.

A tenant whose endpoint or event_types changed fails, because its checkpoint belongs to the old
values; `host-test tenants reset` makes it start over.

Exit code: 0 after SIGINT or SIGTERM; with --until-idle, 1 if a tenant failed.

Example:
  mkdir -p out && host-test tenants --dir tenants --output-dir out";

/// Options of `tenants`.
#[derive(Debug, clap::Args)]
#[command(after_help = ABOUT, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the status of each tenant.
    #[command(after_help = "Example:\n  host-test tenants status --dir tenants")]
    Status(StatusArgs),
    /// Make a tenant start over, for example after a change of its endpoint or event_types. Prints its old checkpoint.
    #[command(after_help = "Example:\n  host-test tenants reset --dir tenants acme")]
    Reset(ResetArgs),
}

#[derive(Debug, clap::Args)]
struct ResetArgs {
    #[command(flatten)]
    place: Place,
    /// Name of the tenant.
    tenant: String,
}

/// Where the tenants are.
#[derive(Debug, clap::Args)]
struct Place {
    /// Folder with one folder for each tenant.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// State file of all tenants, if it is not beside DIR.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct StatusArgs {
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Folder with one folder for each tenant.
    #[arg(long, value_name = "DIR", required = true)]
    dir: Option<PathBuf>,
    /// Folder for the records, in TENANT.ndjson for each tenant. It must exist and be outside DIR.
    #[arg(long, value_name = "DIR", required = true)]
    output_dir: Option<PathBuf>,
    /// State file of all tenants (SQLite), created if missing. Default: beside DIR and named after it,
    /// tenants.state.sqlite for the folder tenants.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Maximum number of concurrent turns. Each uses memory and a connection; more turns than the cores
    /// and remotes can serve do not help.
    #[arg(long, value_name = "N", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    concurrency: u32,
    #[command(flatten)]
    supply: Supply,
    #[command(flatten)]
    transform: chosen::Flags,
    /// Pass the token itself to the component, instead of a placeholder that the host replaces.
    #[arg(long)]
    expose_token: bool,
    /// Maximum number of records in a batch.
    #[arg(long, value_name = "N", default_value_t = Plan::TENANT.batch_records,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_records: u32,
    /// Exit once each tenant has read everything or failed.
    #[arg(long)]
    until_idle: bool,
    /// Serve combined metrics of all tenants for Prometheus at http://HOST:PORT/metrics.
    #[arg(long, value_name = "HOST:PORT")]
    metrics: Option<Listen>,
    #[command(flatten)]
    network: Flags,
    #[command(flatten)]
    code: CodeCache,
    #[command(flatten)]
    limits: Limits,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if a folder, the component or the state is refused.
pub async fn tenants(args: Args) -> Result<()> {
    match args.what {
        Some(What::Status(args)) => show(&args),
        Some(What::Reset(args)) => {
            let state = beside(&args.place.dir, args.place.state.as_ref());
            let former = reset(&state, &args.tenant)?;
            let tenant = &args.tenant;
            say(&format!(
                "reset: {tenant} starts over. Move OUTPUT_DIR/{tenant}.ndjson away first: events in \
                 it would be written again"
            ));
            print(&format!("{former}\n"))
        }
        None => run(args.run).await,
    }
}

/// Returns the path of the state: by default beside the folder, so that its changes do not wake the watch of the
/// folder.
fn beside(dir: &Path, state: Option<&PathBuf>) -> PathBuf {
    state.cloned().unwrap_or_else(|| {
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let mut name = dir.into_os_string();
        name.push(".state.sqlite");
        PathBuf::from(name)
    })
}

fn show(args: &StatusArgs) -> Result<()> {
    let state = beside(&args.place.dir, args.place.state.as_ref());
    match status::read(&state)? {
        None if !args.place.dir.is_dir() => Err(Failure::Refused(format!(
            "--dir {} does not exist; name the folder that holds the tenants' folders",
            args.place.dir.display()
        ))),
        None => print(&format!("no tenant has run yet ({} is missing)\n", state.display())),
        Some(rows) if args.json => print(&format!("{:#}\n", json!({ "tenants": rows }))),
        Some(rows) => print(&status::table(&rows)),
    }
}

async fn run(args: RunArgs) -> Result<()> {
    let mut stop = Stop::on_signals()?;
    // Only so that SIGHUP does not end the process: each turn opens its output anyway.
    let _hangup = Hangup::on_signal()?;
    if let Some(address) = &args.metrics {
        address.insist("--metrics")?;
    }
    let dir = existing("--dir", args.dir.as_ref())?;
    let out = existing("--output-dir", args.output_dir.as_ref())?;
    if out.starts_with(&dir) {
        let why = "is in --dir, where tenants have their files; use another folder";
        return Err(Failure::Refused(format!("--output-dir {}: {why}", out.display())));
    }
    let plugin = Arc::new(args.supply.plugin(&Options {
        instances: Some(args.concurrency * args.transform.instances_per_source()),
        limits: args.limits,
        code: args.code.clone(),
    })?);
    let transform = match args.transform.load(&plugin, &args.code)? {
        Some(transform) => Some(Arc::new(transform.tried(args.limits).await?)),
        None => None,
    };
    let origins = args.supply.origins(&plugin, args.limits, transform.is_some()).await?;
    let outbound = Outbound::new(&args.network, Environment::Ignored)?;
    outbound.prepare(&origins)?;
    tracing::info!("requests may go to {}", list(&origins));
    // Without the lock, two processes with different states could write the same files.
    let _output = Lock::take(&out.join("tenants"))?;
    let path = beside(&dir, args.state.as_ref());
    let open = || Store::open(&path);
    let Some((store, thread)) = patience::open(Plan::RUN, &mut stop, open).await? else {
        return Ok(());
    };
    let metrics = Metrics::default();
    let _endpoint = match &args.metrics {
        Some(address) => Some(Endpoint::listen(address, &metrics).await?),
        None => None,
    };
    let plan = if args.until_idle { Plan::TENANT_UNTIL_IDLE } else { Plan::TENANT };
    let schedule = Schedule {
        dir,
        limits: args.limits,
        concurrency: args.concurrency as usize,
        shared: Shared {
            plugin,
            transform,
            origins,
            outbound,
            output_dir: out,
            plan: Plan { batch_records: args.max_records, ..plan },
            expose_token: args.expose_token,
            metrics,
        },
    };
    let ended = schedule.run(store, stop).await;
    // All senders are dropped, so the thread stores what is left, and ends.
    let joined = tokio::task::spawn_blocking(move || thread.join()).await;
    if !matches!(joined, Ok(Ok(()))) {
        return Err(Failure::Failed("the storage thread ended unexpectedly".to_owned()));
    }
    let failing = ended?;
    if args.until_idle { check_none_failed(failing) } else { Ok(()) }
}

fn existing(flag: &str, path: Option<&PathBuf>) -> Result<PathBuf> {
    // Clap already requires both flags, except with a subcommand.
    let path = path.ok_or_else(|| Failure::Refused(format!("{flag} is missing")))?;
    path.canonicalize()
        .map_err(|error| Failure::Refused(format!("{flag} {}: {error}", path.display())))
}
