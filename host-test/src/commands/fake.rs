//! `fake-buildkite`: serves a fake remote for testing configs and hosts.

use super::print;
use crate::credential::token::Token;
use crate::exit::{Failure, Result};
use crate::run::stop::Stop;
use fake_buildkite::{Accounts, FakeBuildkite, Limits, Options, PortalSecret};
use std::net::SocketAddr;

/// Options of `fake-buildkite`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints its endpoint, slug, token and portal with client ID and secret, and serves until SIGINT or SIGTERM. GET /truth lists \
every event, one JSON object per line; POST /events?n=K adds K events.\n
Example:\n  host-test fake-buildkite --events 50000 --limits buildkite --live-per-minute 30")]
pub struct Args {
    /// Loopback address to listen on; port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,
    /// Seed for generating the events.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Number of past events, starting on 2025-01-01.
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    events: u64,
    /// Number of new events per minute while it runs.
    #[arg(long, value_name = "R", default_value_t = 0.0)]
    live_per_minute: f64,
    /// API points per five minutes: generous (never reached) or buildkite (as documented).
    #[arg(long, value_enum, default_value_t = Rate::Generous)]
    limits: Rate,
    /// Slug of the organization.
    #[arg(long, default_value = fake_buildkite::SLUG)]
    slug: String,
    /// Token to accept. Make one up: a real token does not belong on a command line.
    #[arg(long, default_value = fake_buildkite::TOKEN)]
    token: String,
    /// Secret of the portal to accept. Make one up, too.
    #[arg(long, default_value = PORTAL_SECRET)]
    portal_secret: String,
}

/// The UUID of the portal.
const CLIENT_ID: &str = "0190a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b";

/// The secret of the portal, unless the command line names another one. It is not a real secret.
const PORTAL_SECRET: &str = "bkps_0123456789abcdef0123456789abcdef01234567";

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Rate {
    Generous,
    Buildkite,
}

fn address(text: &str) -> std::result::Result<SocketAddr, String> {
    let help = "write ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080";
    text.parse().map_err(|_| help.to_owned())
}

/// Runs the command.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if an option is invalid, and [`Failure::Failed`] if the command cannot listen on the
/// address.
pub async fn fake(args: Args) -> Result<()> {
    let mut stop = Stop::on_signals()?;
    // Otherwise, `run` would refuse the token that is printed here.
    Token::new(&args.token).map_err(|why| Failure::Refused(format!("--token {why}")))?;
    Token::new(&args.portal_secret)
        .map_err(|why| Failure::Refused(format!("--portal-secret {why}")))?;
    if !args.listen.ip().is_loopback() {
        return Err(Failure::Refused(format!(
            "--listen {}: must be a loopback address; use 127.0.0.1",
            args.listen
        )));
    }
    if !args.live_per_minute.is_finite() || args.live_per_minute < 0.0 {
        let rate = args.live_per_minute;
        return Err(Failure::Refused(format!("--live-per-minute {rate}: must be 0 or more")));
    }
    let options = Options {
        listen: args.listen,
        seed: args.seed,
        events: args.events,
        live_per_minute: args.live_per_minute,
        limits: match args.limits {
            Rate::Generous => Limits::generous(),
            Rate::Buildkite => Limits::buildkite(),
        },
        slug: args.slug.clone(),
        token: args.token.clone(),
        accounts: Accounts {
            portal: Some(PortalSecret {
                client_id: CLIENT_ID.to_owned(),
                secret: args.portal_secret.clone(),
            }),
            ..Accounts::default()
        },
        ..Options::default()
    };
    let fake = FakeBuildkite::start(options)
        .await
        .map_err(|error| Failure::Failed(format!("cannot listen on {}: {error}", args.listen)))?;
    let (endpoint, portal) = (fake.endpoint(), fake.portal());
    let (slug, token, secret) = (&args.slug, &args.token, &args.portal_secret);
    print(&format!(
        "listening on {endpoint}\nslug: {slug}\ntoken: {token}\nportal: {portal}\n\
         client ID: {CLIENT_ID}\nsecret: {secret}\n"
    ))?;
    stop.wait().await;
    Ok(())
}
