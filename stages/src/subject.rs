//! Whom counters are about.

use engine::Context;
use store::user;

/// Under which name failures are counted: the person's, or for a name that nobody has a digest of
/// it, so that both lock alike.
pub(crate) fn subject(context: &Context<'_>) -> String {
    if let Some(user) = &context.state().user {
        return user.to_string();
    }
    let login = context.state().login.as_deref().unwrap_or_default();
    let sealer = context.services().store.sealer();
    let digest = sealer.mac("unknown login", user::key(login).as_bytes());
    format!("unknown:{}", data_encoding::HEXLOWER.encode(&digest))
}
