//! Counts complexity points per user and per organization, in windows of fixed length that start with
//! their first request. A query is charged after it was executed, so a balance may go below 0.

use crate::options::Limits;

/// Both balances.
pub(crate) struct Limiter {
    limits: Limits,
    user_spent: i64,
    organization_spent: i64,
    /// When the current window ends, in milliseconds since 1970.
    ends_ms: Option<u64>,
}

/// The values of the rate-limit headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Balance {
    pub limits: Limits,
    pub user_left: i64,
    pub organization_left: i64,
    /// Seconds until the window ends, rounded up.
    pub reset_seconds: u64,
}

impl Limiter {
    pub fn new(limits: Limits) -> Self {
        Self { limits, user_spent: 0, organization_spent: 0, ends_ms: None }
    }

    /// Checks that another query may be executed now. Opens a window if none is open.
    ///
    /// # Errors
    ///
    /// Returns Buildkite's message. The organization's limit is checked first.
    pub fn admit(&mut self, now_ms: u64) -> Result<(), String> {
        self.close_if_over(now_ms);
        if self.ends_ms.is_none() {
            self.ends_ms = Some(now_ms.saturating_add(self.limits.window_seconds * 1_000));
        }
        let balance = self.balance(now_ms);
        let seconds = balance.reset_seconds;
        if balance.organization_left <= 0 {
            let limit = self.limits.organization_points;
            return Err(format!(
                "Your organization has exceeded the limit of {limit} complexity points. \
                 Please try again in {seconds} seconds."
            ));
        }
        if balance.user_left <= 0 {
            let limit = self.limits.user_points;
            return Err(format!(
                "You have exceeded your per-user limit of {limit} complexity points. \
                 Please try again in {seconds} seconds."
            ));
        }
        Ok(())
    }

    /// Charges an executed query.
    pub fn charge(&mut self, points: i64) {
        self.user_spent += points;
        self.organization_spent += points;
    }

    /// Spends points of the organization for something other than this user's queries, as other tools do.
    pub fn spend_elsewhere(&mut self, points: i64) {
        self.organization_spent += points;
    }

    /// Returns what is left now.
    pub fn balance(&mut self, now_ms: u64) -> Balance {
        self.close_if_over(now_ms);
        let window_ms = self.limits.window_seconds * 1_000;
        let left_ms = self.ends_ms.map_or(window_ms, |ends| ends.saturating_sub(now_ms));
        Balance {
            limits: self.limits,
            user_left: self.limits.user_points - self.user_spent,
            organization_left: self.limits.organization_points - self.organization_spent,
            reset_seconds: left_ms.div_ceil(1_000),
        }
    }

    fn close_if_over(&mut self, now_ms: u64) {
        if self.ends_ms.is_some_and(|ends| now_ms >= ends) {
            (self.user_spent, self.organization_spent, self.ends_ms) = (0, 0, None);
        }
    }
}

/// The length of a portal's window, in milliseconds. Source: buildkite.com/docs/apis/graphql/portals.
const PORTAL_WINDOW_MS: u64 = 60_000;

/// Counts requests to the organization's portals, in windows that start with their first request.
pub(crate) struct PortalLimiter {
    limit: i64,
    made: i64,
    /// When the current window ends, in milliseconds since 1970.
    ends_ms: u64,
}

impl PortalLimiter {
    pub fn new(limits: Limits) -> Self {
        Self { limit: limits.portal_requests, made: 0, ends_ms: 0 }
    }

    /// Counts a request if another one is allowed now.
    ///
    /// # Errors
    ///
    /// Returns a message as worded by the REST API, since a portal's message is not documented.
    pub fn admit(&mut self, now_ms: u64) -> Result<(), String> {
        if now_ms >= self.ends_ms {
            (self.made, self.ends_ms) = (0, now_ms.saturating_add(PORTAL_WINDOW_MS));
        }
        if self.made >= self.limit {
            let seconds = self.reset_seconds(now_ms);
            return Err(format!(
                "You have exceeded your API rate limit. Please wait {seconds} seconds before making more requests."
            ));
        }
        self.made += 1;
        Ok(())
    }

    fn reset_seconds(&self, now_ms: u64) -> u64 {
        self.ends_ms.saturating_sub(now_ms).div_ceil(1_000)
    }

    /// Returns the rate-limit headers of a portal.
    pub fn headers(&self, now_ms: u64) -> [(&'static str, String); 4] {
        [
            ("ratelimit-scope", "portal".to_owned()),
            ("ratelimit-limit", self.limit.to_string()),
            ("ratelimit-remaining", (self.limit - self.made).to_string()),
            ("ratelimit-reset", self.reset_seconds(now_ms).to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_goes_below_zero_and_resets_with_the_next_window() {
        let mut limiter = Limiter::new(Limits::buildkite());
        limiter.admit(10_000).unwrap();
        limiter.charge(6_000);
        let message = limiter.admit(10_001).unwrap_err();
        assert!(message.contains("per-user limit of 5000"), "{message}");
        assert!(message.contains("in 300 seconds"), "{message}");
        assert_eq!(limiter.balance(309_999).user_left, -1_000);
        assert_eq!(limiter.balance(309_999).reset_seconds, 1);
        limiter.admit(310_000).unwrap();
        assert_eq!(limiter.balance(310_000).user_left, 5_000);
    }

    #[test]
    fn a_portal_admits_its_limit_of_requests_per_minute() {
        let mut limiter = PortalLimiter::new(Limits { portal_requests: 2, ..Limits::buildkite() });
        assert!(limiter.admit(10_000).is_ok() && limiter.admit(69_000).is_ok());
        assert!(limiter.admit(69_500).unwrap_err().contains("wait 1 seconds"));
        assert_eq!(limiter.headers(69_500)[2].1, "0");
        assert!(limiter.admit(70_000).is_ok());
        assert_eq!(limiter.headers(70_000).map(|(_, value)| value)[2..], ["1", "60"]);
    }

    #[test]
    fn points_spent_by_others_count_only_against_the_organization() {
        let mut limiter = Limiter::new(Limits::buildkite());
        limiter.admit(0).unwrap();
        limiter.spend_elsewhere(20_000);
        let message = limiter.admit(1).unwrap_err();
        assert!(message.contains("organization has exceeded the limit of 20000"), "{message}");
        assert_eq!(limiter.balance(1).user_left, 5_000);
    }
}
