//! Consents: what people let relying parties see.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::client::Client;
use crate::conn::on;
use crate::schema::{clients, consents};
use crate::user::User;
use crate::{Conn, Document, Id, Result, Time, Unit, code, device_grant, token};

/// What a person allowed a client, once for all times until it is taken back.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = consents, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct Consent {
    /// Who.
    pub user_id: Id<User>,
    /// To which client.
    pub client_id: Id<Client>,
    /// Which scopes.
    pub scopes: Document<Vec<String>>,
    /// Since when.
    pub created_at: Time,
    /// When more was last added.
    pub updated_at: Time,
}

impl Consent {
    /// Whether it allows all of `scopes`.
    #[must_use]
    pub fn has_all(&self, scopes: &[String]) -> bool {
        scopes.iter().all(|scope| self.scopes.contains(scope))
    }
}

/// What this person allowed this client.
pub async fn find(
    conn: &mut Conn,
    user: &Id<User>,
    client: &Id<Client>,
) -> Result<Option<Consent>> {
    let query = consents::table.find((user, client));
    Ok(on!(conn, |c| query.select(Consent::as_select()).first(c)).optional()?)
}

/// Everything that this person allowed, with the client, by the client's name. A client that is
/// disabled is there too: what it was allowed can still be taken back.
pub async fn with_clients(conn: &mut Conn, user: &Id<User>) -> Result<Vec<(Consent, Client)>> {
    let query = consents::table
        .inner_join(clients::table.on(clients::id.eq(consents::client_id)))
        .filter(consents::user_id.eq(user))
        .order((clients::name, clients::id));
    Ok(on!(conn, |c| query.select((Consent::as_select(), Client::as_select())).load(c))?)
}

/// Adds `scopes` to what the person allowed the client.
pub async fn allow(
    unit: &mut Unit,
    user: &Id<User>,
    client: &Id<Client>,
    scopes: &[String],
    now: Time,
) -> Result<()> {
    let mut all = find(unit, user, client).await?.map_or_else(Vec::new, |known| known.scopes.0);
    let new: Vec<String> = scopes.iter().filter(|scope| !all.contains(scope)).cloned().collect();
    all.extend(new);
    let consent = Consent {
        user_id: user.clone(),
        client_id: client.clone(),
        scopes: Document(all),
        created_at: now,
        updated_at: now,
    };
    let query = diesel::insert_into(consents::table)
        .values(&consent)
        .on_conflict((consents::user_id, consents::client_id))
        .do_update()
        .set((consents::scopes.eq(&consent.scopes), consents::updated_at.eq(now)));
    on!(unit, |c| query.execute(c))?;
    Ok(())
}

/// Takes the consent back; codes, device grants and tokens that came of it end. Returns whether there was one.
pub async fn delete(
    unit: &mut Unit,
    user: &Id<User>,
    client: &Id<Client>,
    now: Time,
) -> Result<bool> {
    code::delete_of(unit, user, client).await?;
    device_grant::delete_of(unit, user, client).await?;
    token::revoke_of(unit, user, client, now).await?;
    let query = diesel::delete(consents::table.find((user, client)));
    Ok(on!(unit, |c| query.execute(c))? == 1)
}
