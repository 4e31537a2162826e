//! Each stage kind by itself, in a flow that has little else: one file per kind. `attacks.rs` and
//! `pages.rs` are about all of them.

mod attacks;
mod binding;
mod message;
mod otp;
mod pages;
mod static_code;
mod totp;
mod webauthn;
