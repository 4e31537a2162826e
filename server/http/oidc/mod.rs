//! The OpenID provider's routes: thin, since `provider` decides everything.

pub(super) mod authorize;
pub(super) mod device;
pub(super) mod logout;
pub(super) mod metadata;
pub(super) mod token;
