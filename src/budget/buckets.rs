//! The known buckets that requests are charged to: two in points and, for a portal, one in requests.

use crate::budget::bucket::Bucket;
use crate::buildkite::quota::{Quota, Scope};
use crate::settings::Config;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::Millis;

/// The known buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Points shared by all users and tools of the organization.
    organization: Option<Bucket>,
    /// Points of the user that the token belongs to.
    user: Option<Bucket>,
    /// Requests shared by all portals of the organization.
    portal: Option<Bucket>,
}

impl Buckets {
    /// Writes the buckets' part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        let names = ["organization_points", "user_points", "portal_requests"];
        for (name, bucket) in names.into_iter().zip(self.all()) {
            if let Some(bucket) = bucket {
                object.object(name, |inner| bucket.write(inner));
            }
        }
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            organization: reader.object("organization_points", Bucket::read),
            user: reader.object("user_points", Bucket::read),
            portal: reader.object("portal_requests", Bucket::read),
        }
    }

    /// Reads the single figure for both buckets from a checkpoint that was written before each bucket had its own.
    pub fn read_shared(&mut self, reader: &mut Reader) {
        let (old, window) = (reader.added("old_points"), reader.time("window"));
        let small = reader.time("small_asked");
        for bucket in [&mut self.organization, &mut self.user].into_iter().flatten() {
            let is_now = |end: Option<Millis>| end.is_some_and(|end| bucket.is_same_window(end));
            let (has_old, has_small) = (is_now(window), is_now(small));
            bucket.old = if has_old { old } else { bucket.old };
            bucket.small |= has_small;
        }
    }

    /// Returns the buckets of the organization, the user and the portals, whether or not their windows have ended.
    pub fn all(&self) -> [Option<&Bucket>; 3] {
        [self.organization.as_ref(), self.user.as_ref(), self.portal.as_ref()]
    }

    fn all_mut(&mut self) -> [Option<&mut Bucket>; 3] {
        [self.organization.as_mut(), self.user.as_mut(), self.portal.as_mut()]
    }

    /// Describes the buckets for the operator, as the last answer showed them. Returns `None` before any was seen.
    pub fn summary(&self) -> Option<String> {
        let names = [("organization", "points"), ("user", "points"), ("portal", "requests")];
        let all = self.all().into_iter().zip(names);
        let parts: Vec<String> =
            all.filter_map(|(bucket, (name, unit))| Some(bucket?.summary(name, unit))).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Returns the point buckets.
    pub fn points(&self) -> impl Iterator<Item = &Bucket> {
        [&self.organization, &self.user].into_iter().flatten()
    }

    /// Returns whether points are charged at all, as far as is known.
    pub fn counts_points(&self, config: &Config) -> bool {
        config.endpoint.portal().is_none() || self.points().next().is_some()
    }

    /// Forgets assumed points at a portal whose requests have not been counted yet.
    pub fn forget_assumed(&mut self, config: &Config) {
        if config.endpoint.portal().is_some() && self.portal.is_none() {
            (self.organization, self.user) = (None, None);
        }
    }

    /// Notes that the one small live page was requested in the windows that end at these times. Within one window, a
    /// bucket's end stays the same to about a second.
    pub fn note_small(&mut self, ends: &[Millis]) {
        for bucket in self.all_mut().into_iter().flatten() {
            bucket.small |= ends.iter().any(|end| bucket.is_same_window(*end));
        }
    }

    /// Adds the charge for a page of an old gap.
    pub fn note_old(&mut self, points: i64, now: Millis) {
        for (bucket, cost) in self.all_mut().into_iter().zip([points, points, 1]) {
            if let Some(bucket) = bucket.filter(|bucket| bucket.is_open(now)) {
                bucket.old = bucket.old.saturating_add(cost);
            }
        }
    }

    /// Updates the buckets from an answer. The charge counts where the answer names no figure.
    pub fn observe(&mut self, config: &Config, quota: &Quota, points: i64, now: Millis) {
        let is_portal = config.endpoint.portal().is_some();
        let counts_points = match quota.scope {
            Some(scope) => scope == Scope::Graphql,
            None => !is_portal,
        };
        if is_portal {
            let named = Bucket::shown(quota.organization, self.portal.as_ref(), now);
            let named = named.filter(|_| !counts_points);
            let known = self.portal.take().filter(|known| known.is_open(now));
            self.portal = Some(named.unwrap_or_else(|| {
                let mut known = known.unwrap_or_else(|| Bucket::portal(now));
                known.spend(1);
                known
            }));
        }
        let organization = Bucket::shown(quota.organization, self.organization.as_ref(), now);
        let user = Bucket::shown(quota.user, self.user.as_ref(), now);
        match (organization, user) {
            (None, None) => self.charge(is_portal, points, now),
            _ if !counts_points => self.charge(is_portal, points, now),
            (organization, user) => {
                self.organization = organization.or(self.organization.take());
                self.user = user.or(self.user.take());
            }
        }
    }

    /// Charges the point buckets by our own count, since the answer does not name them.
    fn charge(&mut self, is_portal: bool, points: i64, now: Millis) {
        if !self.points().any(|bucket| bucket.is_open(now)) {
            // According to the documentation a portal charges no points, so none are charged until it names some.
            self.user = match (is_portal, &self.user) {
                (true, known) => known.as_ref().map(|known| known.renewed(now)),
                (false, _) => Some(Bucket::assumed(now)),
            };
        }
        for bucket in [&mut self.organization, &mut self.user].into_iter().flatten() {
            if bucket.is_open(now) {
                bucket.spend(points);
            }
        }
    }

    /// Notes that a portal's 429 mentioned points: adds an exhausted user bucket, unless one is known.
    pub fn adopt_points(&mut self, limit: Option<i64>, wait_ms: i64, now: Millis) {
        if !self.points().any(|bucket| bucket.is_open(now)) {
            self.user = Some(Bucket::exhausted(limit, wait_ms, now));
        }
    }
}
