//! What a flow is and how it runs. No HTTP, no HTML, and no stage: those live in `server` and `stages`.
//!
//! `definition.rs` is a flow as written, `program.rs` the same flow compiled and the one transition
//! function, `stage.rs` what a stage is, `registry.rs` the list of them, `state.rs` what an execution
//! remembers, `effect.rs` what it changes in the world, `executor/` the code that moves it, and
//! `condition/` the expressions of `when`. To add a stage, see the crate `stages`; to let stages
//! change something new, add an [`Effect`].

pub mod condition;
pub mod definition;

mod context;
mod effect;
mod error;
mod executor;
mod flows;
mod passwords;
mod program;
mod registry;
mod relying_party;
mod request;
mod services;
mod stage;
mod state;
mod view;

pub use context::{Context, ForChange, Permit};
pub use effect::Effect;
pub use error::Error;
pub use executor::{Begin, Engine};
pub use flows::{Catalogue, Flows, Owned};
pub use passwords::{MAX_PASSWORD_BYTES, MAX_PASSWORD_CHARACTERS, Passwords, Verified};
pub use program::{CompileError, Next, Program};
pub use registry::{Kind, Registry};
pub use relying_party::RelyingParty;
pub use request::{Interaction, Request};
pub use services::{MailDraft, Mailroom, Services, Telephone, TextDraft};
pub use stage::{
    Answered, Challenge, ConfigProblem, Denial, Ending, Entered, FieldError, Named, Stage,
};
pub use state::{Secrets, State};
pub use view::{Body, Destination, Finished, FlowView, IssuedSession, PersonView, View};

/// What a function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
