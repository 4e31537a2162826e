//! The OpenID Connect endpoints, as relying parties and attackers see them: one file per endpoint or
//! rule, named as in the crate `provider`.

mod code;
mod device;
mod redirect_uri;
mod terminal;
