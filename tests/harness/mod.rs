//! What the tests stand on: an app of their own, its database, its clock, its mailbox, and a browser.
//!
//! [`TestApp`] runs the app in this process; [`Process`], [`Ran`] and [`Server`] run the product binary.
//! Everything is gone when it is dropped. To add a part of the app's surroundings, add it to
//! [`TestApp`]; to add what a person can do, add it to [`Browser`], [`Page`] or [`Form`], or
//! for JSON to [`Walk`]; what an app that people sign in to can do, to [`RelyingParty`].

mod ambient;
mod app;
mod authenticator;
mod browser;
mod database;
mod form;
mod jar;
mod mailbox;
mod otp;
mod page;
mod process;
mod relying_party;
mod server;
mod site;
mod telephone;
mod terminal;
mod tests;
mod walk;

pub(crate) use ambient::{MockClock, SeededRandom};
pub(crate) use app::TestApp;
pub(crate) use authenticator::{Attestation, Authenticator, Fault};
pub(crate) use browser::Browser;
pub(crate) use database::TestDatabase;
pub(crate) use form::Form;
pub(crate) use jar::Jar;
pub(crate) use mailbox::{Mail, Mailbox};
pub(crate) use otp::{SECRET, totp};
pub(crate) use page::Page;
pub(crate) use process::{Process, Ran, free_port};
pub(crate) use relying_party::{RelyingParty, claims};
pub(crate) use server::Server;
pub(crate) use site::Site;
pub(crate) use telephone::Telephone;
pub(crate) use terminal::Terminal;
pub(crate) use walk::Walk;
