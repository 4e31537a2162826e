//! Budgets per client address: a shield in front of the database, the hashing pool and other people's
//! mailboxes. It never stands for the counters per account, which live in the database: whoever has a
//! thousand addresses meets those all the same, and whoever shares one with an attacker only
//! waits a moment.
//!
//! A budget is a bucket of tokens: so many at once, then so many a second. Buckets are in memory, for
//! as many addresses as [`MAX_CLIENTS`]; those that were not heard of for longest are forgotten. An
//! IPv6 client is its /64, which is what one customer gets. The setting `rate-limit` multiplies every
//! figure or switches all off.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::Method;
use axum::http::request::Parts;
use engine::definition::Purpose;
use store::Time;

use super::failure::Failure;
use super::frame::Visit;
use super::routes::Access;
use crate::app::App;

/// For so many addresses budgets are kept: about 8 MB.
pub const MAX_CLIENTS: usize = 65_536;

/// What a request draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// What makes a row for whoever comes: the beginning of a flow, a relying party's request.
    Begin,
    /// What sends something to be checked: a password, a code, a form.
    Answer,
    /// What may send a mail or an SMS: an answer in a recovery or an enrolment.
    Mail,
}

impl Budget {
    /// How many at once, and how many a second after that: enough for an office behind one address.
    pub const fn figures(self) -> (f64, f64) {
        match self {
            Self::Begin => (120.0, 4.0),
            Self::Answer => (60.0, 2.0),
            Self::Mail => (30.0, 0.25),
        }
    }

    /// That of a request. Reading draws on none.
    fn of(app: &App, access: Access, parts: &Parts) -> Option<Self> {
        let is_write = parts.method != Method::GET && parts.method != Method::HEAD;
        let path = parts.uri.path();
        let flow = path.strip_prefix("/flow/").or_else(|| path.strip_prefix("/api/v1/flows/"));
        match access {
            // A public client proves nothing, and each request makes a row.
            Access::App if path == provider::endpoint::DEVICE_AUTHORIZATION => Some(Self::Begin),
            Access::Referred => Some(Self::Begin),
            Access::Browser | Access::Session | Access::Sensitive | Access::Enrolling
                if is_write =>
            {
                let sends = ["/otp", "/resend"].iter().any(|end| path.ends_with(end))
                    || flow.is_some_and(|slug| sends_mail(app, slug));
                Some(if sends { Self::Mail } else { Self::Answer })
            }
            Access::Browser => (flow.is_some() && !names_execution(parts)).then_some(Self::Begin),
            // A relying party's server asks for all of its people, and proves itself with each.
            Access::App
            | Access::Everybody
            | Access::Session
            | Access::Sensitive
            | Access::Enrolling => None,
        }
    }
}

/// Whether an answer to a flow may send a mail to whatever address it names.
fn sends_mail(app: &App, slug: &str) -> bool {
    let catalogue = app.engine.catalogue();
    let purpose = catalogue.find(slug).map(|program| program.purpose());
    // A slug has nothing to encode: whoever does it anyway hides something.
    slug.contains('%') || matches!(purpose, Some(Purpose::Recovery | Purpose::Enrolment))
}

/// Whether a request looks at what was begun before: an execution, or on a page what a link would do.
fn names_execution(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    let is_page = parts.uri.path().starts_with("/flow/");
    form_urlencoded::parse(query.as_bytes())
        .any(|(name, _)| name == "e" || (is_page && name == "link"))
}

/// Takes what a request costs from its client's budget.
///
/// # Errors
/// [`Failure::TooMany`] when nothing is left.
pub(super) fn spend(app: &App, access: Access, parts: &Parts) -> Result<(), Failure> {
    let Some(budget) = Budget::of(app, access, parts) else { return Ok(()) };
    let ip = parts.extensions.get::<Visit>().and_then(|visit| visit.ip);
    let ip = ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let spent = app.limits.spend(ip, budget, app.store.ambient().now());
    if spent.is_err()
        && app.settings.trusted_proxies.is_empty()
        && parts.headers.contains_key("x-forwarded-for")
    {
        tracing::warn!(
            %ip,
            "too many requests from an address that forwards others': if it is your proxy, name it \
             in --trusted-proxies"
        );
    }
    spent.map_err(Failure::TooMany)
}

/// Everybody's budgets.
#[derive(Debug)]
pub struct Limits {
    /// What every figure is multiplied by; `None` where nothing is limited.
    factor: Option<f64>,
    clients: Mutex<Clients>,
}

/// Two generations: when the young one is full it becomes the old one, which is forgotten. Whoever is
/// heard of moves to the young one, so that each request costs the same.
#[derive(Debug, Default)]
struct Clients {
    young: HashMap<IpAddr, Buckets>,
    old: HashMap<IpAddr, Buckets>,
}

type Buckets = [Option<Bucket>; 3];

/// What is left, and since when nothing was added.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Time,
}

impl Limits {
    /// Full budgets for everybody, `factor` times the usual; `None`: no limits.
    pub fn new(factor: Option<f64>) -> Self {
        Self { factor, clients: Mutex::default() }
    }

    /// Takes one from a client's budget.
    ///
    /// # Errors
    /// When it is empty, with the seconds until there is one again.
    pub fn spend(&self, client: IpAddr, budget: Budget, now: Time) -> Result<(), u64> {
        let Some(factor) = self.factor else { return Ok(()) };
        let (burst, rate) = budget.figures();
        let (burst, rate) = ((burst * factor).max(1.0), rate * factor);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = clients.of(network(client)).get_mut(budget as usize);
        let Some(bucket) = bucket else { return Ok(()) };
        let bucket = bucket.get_or_insert(Bucket { tokens: burst, at: now });
        // A clock that was set back adds nothing.
        let passed = (*now - *bucket.at).as_seconds_f64().max(0.0);
        *bucket = Bucket { tokens: (bucket.tokens + passed * rate).min(burst), at: now };
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few seconds"
        )]
        Err(((1.0 - bucket.tokens) / rate).ceil() as u64)
    }
}

impl Clients {
    fn of(&mut self, client: IpAddr) -> &mut Buckets {
        if self.young.len() >= MAX_CLIENTS / 2 && !self.young.contains_key(&client) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young.entry(client).or_insert_with(|| old.remove(&client).unwrap_or_default())
    }
}

/// An IPv4 address, or the /64 of an IPv6 address.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use chrono::{DateTime, Duration};
    use store::Time;

    use super::{Budget, Limits, MAX_CLIENTS};

    fn start() -> Time {
        Time::from(DateTime::UNIX_EPOCH)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    fn spent(limits: &Limits, client: IpAddr, times: usize, now: Time) -> usize {
        (0..times).filter(|_| limits.spend(client, Budget::Answer, now).is_ok()).count()
    }

    #[test]
    fn a_budget_is_so_many_at_once_and_so_many_a_second() {
        let limits = Limits::new(Some(1.0));
        let office = ip("192.0.2.1");
        assert_eq!(spent(&limits, office, 100, start()), 60);
        assert_eq!(limits.spend(office, Budget::Answer, start()), Err(1));
        assert_eq!(spent(&limits, office, 100, start().plus(Duration::seconds(10))), 20);
        // A clock that was set back neither adds nor stops.
        assert_eq!(spent(&limits, office, 100, start()), 0);
        assert_eq!(spent(&limits, office, 100, start().plus(Duration::seconds(1))), 2);
        assert_eq!(spent(&limits, office, 100, start().plus(Duration::days(1))), 60);
        // The others are by themselves.
        assert!(limits.spend(office, Budget::Begin, start()).is_ok());
        assert!(limits.spend(office, Budget::Mail, start()).is_ok());
        assert_eq!(spent(&limits, ip("192.0.2.2"), 100, start()), 60);
    }

    #[test]
    fn it_says_how_long_to_wait() {
        let limits = Limits::new(Some(1.0));
        let sender = ip("192.0.2.1");
        let sent = (0..40).filter(|_| limits.spend(sender, Budget::Mail, start()).is_ok()).count();
        assert_eq!((sent, limits.spend(sender, Budget::Mail, start())), (30, Err(4)));
        let later = start().plus(Duration::seconds(4));
        assert_eq!(limits.spend(sender, Budget::Mail, later), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let limits = Limits::new(Some(1.0));
        assert_eq!(spent(&limits, ip("2001:db8:0:1::1"), 100, start()), 60);
        assert_eq!(spent(&limits, ip("2001:db8:0:1:ffff::2"), 100, start()), 0);
        assert_eq!(spent(&limits, ip("2001:db8:0:2::1"), 100, start()), 60);
        assert_eq!(spent(&limits, ip("192.0.2.1"), 100, start()), 60);
        assert_eq!(spent(&limits, ip("::ffff:192.0.2.1"), 100, start()), 0);
    }

    #[test]
    fn a_factor_changes_every_figure() {
        assert_eq!(spent(&Limits::new(Some(2.0)), ip("192.0.2.1"), 200, start()), 120);
        assert_eq!(spent(&Limits::new(Some(0.001)), ip("192.0.2.1"), 200, start()), 1);
        assert_eq!(spent(&Limits::new(None), ip("192.0.2.1"), 10_000, start()), 10_000);
    }

    #[test]
    fn memory_is_bounded_and_who_is_active_is_not_forgotten() {
        let limits = Limits::new(Some(1.0));
        let active = ip("192.0.2.1");
        assert_eq!(spent(&limits, active, 100, start()), 60);
        for number in 0..200_000_u32 {
            let _ = limits.spend(IpAddr::V4(Ipv4Addr::from_bits(number)), Budget::Answer, start());
            if number % 1000 == 0 {
                assert_eq!(spent(&limits, active, 1, start()), 0, "{number}");
            }
        }
        let clients = limits.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        assert!(clients.young.len() + clients.old.len() <= MAX_CLIENTS);
    }
}
