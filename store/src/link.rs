//! Links sent by mail: made for one purpose, one person or address, used once.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::conn::on;
use crate::execution::Execution;
use crate::schema::links;
use crate::user::{self, User};
use crate::{Conn, Id, Result, Time, TokenHash, Unit};

/// A link.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = links, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Link {
    /// The digest of the value in the mail.
    pub token_hash: TokenHash,
    /// The flow that sent it.
    pub flow: String,
    /// The blueprint version of that flow.
    pub version: i64,
    /// The stage of that flow that sent it.
    pub stage: String,
    /// Whom it stands for; nobody yet where an address is verified before the person exists.
    pub user_id: Option<Id<User>>,
    /// The address that it was sent to.
    pub address: String,
    /// The execution that asked for it.
    pub execution_id: Id<Execution>,
    /// The person's security epoch at that moment.
    pub security_epoch: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was used.
    pub used_at: Option<Time>,
}

/// In the place of [`Link::execution_id`]: no flow asked for the link but an administrator did, who
/// hands it over in some way.
pub const BY_ADMINISTRATOR: &str = "administrator";

impl Link {
    /// Whether the link was sent to its address, so that whoever opens it has that mailbox.
    #[must_use]
    pub fn is_mailed(&self) -> bool {
        self.execution_id.as_str() != BY_ADMINISTRATOR
    }
}

/// Makes a link; earlier ones to the same address from the same flow end.
pub async fn create(unit: &mut Unit, link: &Link) -> Result<()> {
    let earlier = links::table
        .filter(links::address.eq(&link.address))
        .filter(links::flow.eq(&link.flow))
        .filter(links::used_at.is_null());
    let query = diesel::update(earlier).set(links::used_at.eq(link.created_at));
    on!(unit, |c| query.execute(c))?;
    let query = diesel::insert_into(links::table).values(link);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// The link, if it could still be used; looking at it uses nothing (mail scanners open links).
pub async fn find(conn: &mut Conn, hash: &TokenHash, now: Time) -> Result<Option<Link>> {
    let query =
        links::table.find(hash).filter(links::used_at.is_null()).filter(links::expires_at.gt(now));
    let found: Option<Link> = on!(conn, |c| query.select(Link::as_select()).first(c)).optional()?;
    let Some(link) = found else { return Ok(None) };
    let Some(id) = &link.user_id else { return Ok(Some(link)) };
    let person = user::find(conn, id).await?;
    let lives = person.is_some_and(|p| p.is_active() && p.security_epoch == link.security_epoch);
    Ok(lives.then_some(link))
}

/// Uses the link: the first of any number of simultaneous callers gets it, the others get `None`.
pub async fn claim(unit: &mut Unit, hash: &TokenHash, now: Time) -> Result<Option<Link>> {
    let query = diesel::update(
        links::table.find(hash).filter(links::used_at.is_null()).filter(links::expires_at.gt(now)),
    )
    .set(links::used_at.eq(now));
    let Some(link) = find(unit, hash, now).await? else { return Ok(None) };
    let won = on!(unit, |c| query.execute(c))? == 1;
    Ok(won.then_some(link))
}

/// Forgets what expired before `now`.
pub async fn delete_expired(unit: &mut Unit, now: Time) -> Result<usize> {
    let query = diesel::delete(links::table.filter(links::expires_at.le(now)));
    Ok(on!(unit, |c| query.execute(c))?)
}
