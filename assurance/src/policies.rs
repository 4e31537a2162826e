//! Who is judged, and everything that holds for them: the policies of their organisations and of
//! the client's, and what this request or act demands on top.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::claims::Acr;
use crate::policy::{Mode, Policy};
use crate::span::Span;

/// Everything that holds for one person in one request.
///
/// Someone in no organisation has the policy of the reserved organisation `default`, which the
/// caller puts in. Where no organisation that enforces holds (the caller put none in, or all only
/// report), [`Policy::default`] does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    /// Id of the person.
    pub subject: String,
    /// The policies that hold, in any order.
    pub held: Vec<Held>,
    /// What this request or act demands on top.
    #[serde(default)]
    pub demand: Demand,
}

impl Policies {
    /// No organisation and no demand yet.
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), ..Self::default() }
    }

    /// One more policy holds.
    #[must_use]
    pub fn with(mut self, held: Held) -> Self {
        self.held.push(held);
        self
    }

    /// What this request or act demands.
    #[must_use]
    pub fn demanding(mut self, demand: Demand) -> Self {
        self.demand = demand;
        self
    }

    /// The policies that decide: all that enforce, and [`Policy::default`] as that of the
    /// organisation `default` where no organisation is among them.
    pub(crate) fn enforced(&self) -> Vec<Held> {
        let mut held: Vec<Held> =
            self.held.iter().filter(|held| held.policy.mode == Mode::Enforce).cloned().collect();
        if !held.iter().any(|held| matches!(held.origin, Origin::Organisation { .. })) {
            held.push(Held::fallback());
        }
        held
    }
}

/// One policy that holds for the person, whose it is, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Whose policy it is.
    pub origin: Origin,
    /// The policy.
    pub policy: Policy,
    /// When the person joined; for a client's organisation that they are not in, as `since`.
    pub joined_at: DateTime<Utc>,
    /// When the policy, as it is, took effect. Grace runs from the later of the two.
    pub since: DateTime<Utc>,
}

impl Held {
    /// The policy of an organisation that the person is in.
    pub fn organisation(
        slug: impl Into<String>,
        name: impl Into<String>,
        policy: Policy,
        joined_at: DateTime<Utc>,
        since: DateTime<Utc>,
    ) -> Self {
        let origin = Origin::Organisation { slug: slug.into(), name: name.into() };
        Self { origin, policy, joined_at, since }
    }

    /// The policy of the organisation to which the client belongs that the person signs in to.
    pub fn client(
        client: impl Into<String>,
        name: impl Into<String>,
        policy: Policy,
        since: DateTime<Utc>,
    ) -> Self {
        let origin = Origin::Client { client: client.into(), name: name.into() };
        Self { origin, policy, joined_at: since, since }
    }

    /// When grace ends: by then the person must have enrolled. Without grace, the first moment
    /// there is, so that a start in the future by another node's clock lets nobody in.
    pub fn deadline(&self) -> DateTime<Utc> {
        if self.policy.grace.is_zero() {
            return DateTime::<Utc>::MIN_UTC;
        }
        self.policy.grace.after(self.joined_at.max(self.since))
    }

    fn fallback() -> Self {
        let start = DateTime::<Utc>::MIN_UTC;
        Self::organisation("default", "default", Policy::default(), start, start)
    }
}

/// Who demands something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Origin {
    /// An organisation that the person is in.
    Organisation {
        /// Its name in blueprints.
        slug: String,
        /// Its name for people.
        name: String,
    },
    /// The organisation of the client that the person signs in to.
    Client {
        /// The client's id.
        client: String,
        /// The client's name for people.
        name: String,
    },
    /// This request, or a sensitive act.
    Demand,
}

impl Origin {
    /// The name to show to people, if it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Organisation { name, .. } | Self::Client { name, .. } => Some(name),
            Self::Demand => None,
        }
    }
}

/// What one request of a relying party, or one act, demands on top of the policies. It can only
/// make the decision stricter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Demand {
    /// The least level asked for (`acr_values`, or `acr` in `claims`).
    pub acr: Option<Acr>,
    /// Whether the level must be met (OpenID Connect Core 5.5.1.1). If not, the person is asked
    /// for the best they have up to it, and never has to enrol for it.
    pub essential: bool,
    /// How many seconds before the request the newest proof may be (OpenID Connect Core 3.1.2.1).
    /// `prompt=login` is `0`.
    pub max_age: Option<u64>,
    /// When the request was made, so that time spent on pages does not count against `max_age`.
    /// Left out, now.
    pub asked_at: Option<DateTime<Utc>>,
    /// Whether this is for a sensitive act: the policies' `recent` counts, remembered devices
    /// do not.
    pub sensitive: bool,
}

impl Demand {
    /// A sensitive act, such as adding or removing a factor.
    pub fn sensitive() -> Self {
        Self { sensitive: true, ..Self::default() }
    }

    /// A level that must be met.
    pub fn essential(acr: Acr) -> Self {
        Self { acr: Some(acr), essential: true, ..Self::default() }
    }

    /// A level that is asked for where the person can reach it.
    pub fn voluntary(acr: Acr) -> Self {
        Self { acr: Some(acr), ..Self::default() }
    }

    /// The oldest moment at which the newest proof may have been made, if that matters.
    pub(crate) fn fresh_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let asked_at = self.asked_at.map_or(now, |asked_at| asked_at.min(now));
        self.max_age.map(|seconds| Span::seconds(seconds).before(asked_at))
    }
}
