//! The server: what stands between the crates and the network.

pub(crate) mod account;
pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod http;
pub mod logs;
pub mod mail;
pub mod render;
pub mod sms;
pub mod start;
