//! What a flow can reach: stages that no path comes to, and paths that end without what the flow
//! is for.
//!
//! A `when` may come out either way, so a stage with one may be skipped. What is asked of each
//! purpose is in [`Aim::of`]; what a stage does is said by its kind ([`engine::Kind::ending`]).

use std::collections::BTreeSet;

use engine::definition::Purpose;
use engine::{Ending, Registry};

use super::{Arm, Entry, Flow, Flows, What};
use crate::diagnostic::{Code, Report};
use crate::path::Path;
use crate::read::Span;

/// Checks each flow that has a purpose and no circle of includes.
pub(crate) fn check(
    flows: &Flows,
    endless: &BTreeSet<String>,
    registry: &Registry,
    report: &mut Report,
) {
    for flow in flows.values() {
        let Some(purpose) = flow.purpose.filter(|_| !endless.contains(&flow.slug)) else {
            continue;
        };
        let mut walk = Walk {
            flows,
            registry,
            aim: Aim::of(purpose),
            report,
            quiet: false,
            dead_end: None,
            depth: 0,
        };
        let after = walk.list(&flow.stages, State::START);
        let dead_end = walk.dead_end.take();
        let aim = walk.aim;
        let Some(aim) = aim else { continue };
        if let Some((span, path, kind)) = dead_end {
            report
                .error(
                    Code::DeadEnd,
                    span,
                    path,
                    format!("`{kind}` can end this {} flow before {}", purpose.as_str(), aim.words),
                )
                .suggest(Some(format!("put {} before it, on every path", aim.needs)));
        }
        if after.without {
            report
                .error(
                    Code::DeadEnd,
                    flow.span,
                    flow.path(),
                    format!("this {} flow can end without {}", purpose.as_str(), aim.words),
                )
                .suggest(Some(format!(
                    "end it with {} without `when`, in every branch",
                    aim.needs
                )));
        }
    }
}

/// What a flow must reach on every path.
#[derive(Clone, Copy)]
struct Aim {
    endings: &'static [Ending],
    kinds: &'static [&'static str],
    words: &'static str,
    needs: &'static str,
}

impl Aim {
    /// What each purpose asks for; a refusal always will do. `None`: nothing.
    const fn of(purpose: Purpose) -> Option<Self> {
        Some(match purpose {
            Purpose::Authentication => Self {
                endings: &[Ending::SignsIn],
                kinds: &[],
                words: "reaching `login` or `deny`",
                needs: "`login` or `deny`",
            },
            Purpose::Enrolment | Purpose::Recovery => Self {
                endings: &[Ending::Writes, Ending::SignsIn],
                kinds: &[],
                words: "writing anything (`user_write`), signing in or `deny`",
                needs: "`user_write`, `login` or `deny`",
            },
            Purpose::Consent => Self {
                endings: &[],
                kinds: &["consent"],
                words: "`consent` or `deny`",
                needs: "`consent` or `deny`",
            },
            Purpose::StepUp => Self {
                endings: &[Ending::SignsIn],
                kinds: &["gate"],
                words: "reaching `gate`, `login` or `deny`",
                needs: "`gate`, `login` or `deny`",
            },
            Purpose::Logout => Self {
                endings: &[Ending::SignsOut],
                kinds: &[],
                words: "reaching `logout` or `deny`",
                needs: "`logout` or `deny`",
            },
            Purpose::Unenrolment => Self {
                endings: &[Ending::Writes, Ending::SignsOut],
                kinds: &[],
                words: "deleting the account (`user_write`) or `deny`",
                needs: "`user_write`, `logout` or `deny`",
            },
            Purpose::Settings => return None,
        })
    }
}

/// On which kinds of path a place is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    /// On one that has reached the aim.
    with: bool,
    /// On one that has not.
    without: bool,
    /// Nothing can be said any more: there is an entry that could be anything.
    unknown: bool,
}

impl State {
    const START: Self = Self { with: false, without: true, unknown: false };
    const NOWHERE: Self = Self { with: false, without: false, unknown: false };

    const fn is_reached(self) -> bool {
        self.with || self.without || self.unknown
    }

    const fn or(self, other: Self) -> Self {
        Self {
            with: self.with || other.with,
            without: self.without || other.without,
            unknown: self.unknown || other.unknown,
        }
    }
}

struct Walk<'a> {
    flows: &'a Flows,
    registry: &'a Registry,
    aim: Option<Aim>,
    report: &'a mut Report,
    /// Within an included flow, which is looked at on its own.
    quiet: bool,
    /// The first stage that leads elsewhere before the aim.
    dead_end: Option<(Span, Path, String)>,
    depth: usize,
}

impl Walk<'_> {
    fn list(&mut self, entries: &[Entry], start: State) -> State {
        let mut state = start;
        let mut reported = false;
        for entry in entries {
            if !state.is_reached() && start.is_reached() && !reported && !self.quiet {
                reported = true;
                self.report
                    .error(
                        Code::Unreachable,
                        entry.span,
                        &entry.path,
                        "no path reaches this: every one ends above it",
                    )
                    .suggest(Some(
                        "remove it, or give what ends the flow above a `when`".to_owned(),
                    ));
            }
            state = self.entry(entry, state);
        }
        state
    }

    fn entry(&mut self, entry: &Entry, before: State) -> State {
        match &entry.what {
            What::Unknown => State { with: false, without: false, unknown: true },
            What::Stage(stage) => {
                let after = self.stage(&stage.kind, entry, before);
                if stage.when.is_some() { before.or(after) } else { after }
            }
            What::Branch(arms) => self.branch(arms, before),
            What::Include { flow, .. } => self.include(flow, entry, before),
        }
    }

    fn stage(&mut self, kind: &str, entry: &Entry, before: State) -> State {
        let ending = self.registry.find(kind).map_or(Ending::Continues, engine::Kind::ending);
        match ending {
            Ending::Denies => State::NOWHERE,
            Ending::Leaves => {
                if before.without && self.dead_end.is_none() {
                    self.dead_end = Some((entry.span, entry.path.clone(), kind.to_owned()));
                }
                State::NOWHERE
            }
            _ => {
                let reaches = self
                    .aim
                    .is_some_and(|aim| aim.endings.contains(&ending) || aim.kinds.contains(&kind));
                if reaches && before.is_reached() {
                    State {
                        with: before.with || before.without,
                        without: false,
                        unknown: before.unknown,
                    }
                } else {
                    before
                }
            }
        }
    }

    fn branch(&mut self, arms: &[Arm], before: State) -> State {
        let mut after = State::NOWHERE;
        let mut is_complete = false;
        for arm in arms {
            if is_complete && !self.quiet {
                self.report
                    .error(
                        Code::Unreachable,
                        arm.span,
                        &arm.path,
                        "no path reaches this: `otherwise` above takes all that is left",
                    )
                    .suggest(Some("put `otherwise` last".to_owned()));
                continue;
            }
            after = after.or(self.list(&arm.stages, before));
            is_complete |= arm.when.is_none();
        }
        // Without `otherwise` the flow goes on when no condition holds.
        if is_complete { after } else { after.or(before) }
    }

    fn include(&mut self, slug: &str, entry: &Entry, before: State) -> State {
        let flow: Option<&Flow> = self.flows.get(slug);
        let Some(flow) = flow.filter(|_| self.depth < 32) else {
            return State { with: false, without: false, unknown: true };
        };
        let (quiet, dead_end) = (self.quiet, self.dead_end.take());
        self.quiet = true;
        self.depth += 1;
        let after = self.list(&flow.stages, before);
        self.depth -= 1;
        self.quiet = quiet;
        // A dead end inside is shown where the flow is included.
        let inside =
            self.dead_end.take().map(|(_, _, kind)| (entry.span, entry.path.clone(), kind));
        self.dead_end = dead_end.or(inside);
        after
    }
}
