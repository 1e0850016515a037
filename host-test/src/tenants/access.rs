//! Where the requests of a tenant may go.

use crate::credential::held::Credential;
use crate::egress::hook::Egress;
use crate::egress::network::Network;
use crate::egress::origin::{Origin, list};
use crate::egress::outbound::Outbound;
use crate::exit::{Failure, Result};
use crate::tenants::folder::Wish;
use buildkite_audit_logs::settings::endpoint;

/// Returns the tenant's network access for this turn. Its connections end with the turn.
pub(super) fn egress(wish: &Wish, origins: &[Origin], outbound: &Outbound) -> Result<Egress> {
    let wanted = wish.config.settings.get("endpoint").and_then(serde_json::Value::as_str);
    if let Some(url) = wanted {
        let origin = Origin::parse(url)
            .map_err(|why| Failure::Refused(format!("settings.endpoint: {why}")))?;
        if !origins.contains(&origin) {
            return Err(Failure::Refused(format!(
                "settings.endpoint: {origin} is not allowed here; the operator allows {} and can allow \
                 more with --allow-host",
                list(origins)
            )));
        }
    }
    let credential = wish.config.credential.clone();
    if let Some((url, is_named)) = credential.as_ref().and_then(Credential::token_url) {
        let key = "secrets.api_token.oauth.url";
        let origin = Origin::parse(url).map_err(|why| Failure::Refused(format!("{key}: {why}")))?;
        // Who allows requests to Buildkite's API also allows requests for its tokens.
        let api = Origin::parse(endpoint::DEFAULT).is_ok_and(|api| origins.contains(&api));
        if !origins.contains(&origin) && (is_named || !api) {
            return Err(Failure::Refused(format!(
                "{key}: {origin} is not allowed here; the operator can allow it with --allow-host \
                 {origin}"
            )));
        }
    }
    let limits = &wish.config.limits;
    Network::through(origins.to_vec(), credential, outbound, limits).map(Egress::Network)
}
