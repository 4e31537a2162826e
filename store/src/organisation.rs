//! Organisations, their members and policies.

use assurance::Policy;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::conn::on;
use crate::schema::{memberships, organisations};
use crate::user::User;
use crate::{Conn, Document, Id, Result, Time, Unit};

/// An organisation.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = organisations, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
#[diesel(treat_none_as_null = true)]
pub struct Organisation {
    /// Its identifier.
    pub id: Id<Organisation>,
    /// Its name in blueprints and URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Its accent colour, `#rrggbb`.
    pub colour: Option<String>,
    /// Where its logo is.
    pub logo: Option<String>,
    /// Domains whose verified addresses belong to it.
    pub domains: Document<Vec<String>>,
    /// Whether people with such an address join at sign-in.
    pub join_by_domain: bool,
    /// Which assurance it demands of its members.
    pub policy: Document<Policy>,
    /// Since when the policy is as it is: grace is counted from here or from joining.
    pub policy_since: Time,
    /// The blueprint that states it, if one does.
    pub owner: Option<String>,
    /// When the record was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// That a person belongs to an organisation.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = memberships, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Membership {
    /// Who.
    pub user_id: Id<User>,
    /// Where.
    pub organisation_id: Id<Organisation>,
    /// As what: `member` or `administrator`.
    pub role: String,
    /// Since when.
    pub joined_at: Time,
}

/// The organisation with this slug.
pub async fn find(conn: &mut Conn, slug: &str) -> Result<Option<Organisation>> {
    let query = organisations::table.filter(organisations::slug.eq(slug));
    Ok(on!(conn, |c| query.select(Organisation::as_select()).first(c)).optional()?)
}

/// The organisation with this id.
pub async fn find_by_id(conn: &mut Conn, id: &Id<Organisation>) -> Result<Option<Organisation>> {
    let query = organisations::table.find(id);
    Ok(on!(conn, |c| query.select(Organisation::as_select()).first(c)).optional()?)
}

/// All organisations, by slug.
pub async fn all(conn: &mut Conn) -> Result<Vec<Organisation>> {
    let query = organisations::table.order(organisations::slug);
    Ok(on!(conn, |c| query.select(Organisation::as_select()).load(c))?)
}

/// The organisations of a person, with the day of joining, by slug.
pub async fn of_user(conn: &mut Conn, user: &Id<User>) -> Result<Vec<(Organisation, Membership)>> {
    let query = memberships::table
        .inner_join(organisations::table)
        .filter(memberships::user_id.eq(user))
        .order(organisations::slug);
    Ok(on!(conn, |c| query.select((Organisation::as_select(), Membership::as_select())).load(c))?)
}

/// The organisations that people with a verified address in `domain` join, and that `user` is not yet
/// a member of.
pub async fn claiming(conn: &mut Conn, domain: &str, user: &Id<User>) -> Result<Vec<Organisation>> {
    let member = memberships::table
        .filter(memberships::user_id.eq(user))
        .filter(memberships::organisation_id.eq(organisations::id));
    let query = organisations::table
        .filter(organisations::join_by_domain.eq(true))
        .filter(diesel::dsl::not(diesel::dsl::exists(member)));
    let open: Vec<Organisation> = on!(conn, |c| query.select(Organisation::as_select()).load(c))?;
    let claims =
        |o: &Organisation| o.domains.iter().any(|claimed| crate::user::key(claimed) == domain);
    Ok(open.into_iter().filter(claims).collect())
}

/// Makes an organisation.
///
/// # Errors
/// [`crate::Error::Conflict`] when its slug is taken.
pub async fn create(unit: &mut Unit, organisation: &Organisation) -> Result<()> {
    let query = diesel::insert_into(organisations::table).values(organisation);
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Writes every field of an organisation.
pub async fn update(unit: &mut Unit, organisation: &Organisation) -> Result<()> {
    let query = diesel::update(organisations::table.find(&organisation.id)).set(organisation);
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Deletes an organisation and its memberships.
pub async fn delete(unit: &mut Unit, id: &Id<Organisation>) -> Result<()> {
    let query = diesel::delete(organisations::table.find(id));
    crate::one(on!(unit, |c| query.execute(c))?)
}

/// Adds a member; nothing changes for one who is a member already.
pub async fn join(unit: &mut Unit, membership: &Membership) -> Result<()> {
    let query = diesel::insert_into(memberships::table).values(membership).on_conflict_do_nothing();
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Removes a member.
pub async fn leave(unit: &mut Unit, user: &Id<User>, id: &Id<Organisation>) -> Result<()> {
    let query = diesel::delete(memberships::table.find((user, id)));
    crate::one(on!(unit, |c| query.execute(c))?)
}
