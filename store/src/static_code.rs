//! Recovery codes: the rows of a credential of kind `static`, of which a person has at most one.
//!
//! A code has too few bits to be kept as a plain digest, so what is kept is a keyed hash of a
//! password hash (OWASP ASVS 6.5.2, NIST SP 800-63B-4 §3.1.2); whoever makes and checks codes works
//! it out, and here one value is compared with another. It is looked for among one person's codes
//! alone (CVE-2025-64175).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::conn::on;
use crate::credential::{self, Credential};
use crate::schema::{credentials, static_codes, users};
use crate::user::User;
use crate::{Ambient, Conn, Id, Result, Time, Unit};

/// The kind of the credential whose codes these are.
pub const KIND: &str = "static";

/// What is kept of a code.
pub type CodeHash = Vec<u8>;

/// One code of a set. Its row stays when it was used, so that it can be counted.
#[derive(Queryable, Insertable)]
#[diesel(table_name = static_codes, check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
pub struct StaticCode {
    id: Id<StaticCode>,
    credential_id: Id<Credential>,
    code_hash: CodeHash,
    used_at: Option<Time>,
}

/// How many codes of a set are left, and how many it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// Codes that were not used yet.
    pub left: i64,
    /// All codes of the set.
    pub of: i64,
}

/// The key that no two credentials have, so that a person has one set.
#[must_use]
pub fn unique_key(user: &Id<User>) -> String {
    format!("{KIND}:{user}")
}

/// Puts a set of codes in the place of the one that the person had, which is dead from then on, used
/// or not.
///
/// # Errors
/// [`crate::Error::Conflict`] when another set is made at the same time, or two codes are one.
pub async fn replace(
    unit: &mut Unit,
    ambient: &Ambient,
    credential: &Credential,
    hashes: &[CodeHash],
) -> Result<()> {
    credential::replace(unit, credential).await?;
    for hash in hashes {
        let code = StaticCode {
            id: ambient.id(),
            credential_id: credential.id.clone(),
            code_hash: hash.clone(),
            used_at: None,
        };
        let query = diesel::insert_into(static_codes::table).values(&code);
        on!(unit, |c| query.execute(c))?;
    }
    Ok(())
}

/// Uses a code of this person. Returns false, and changes nothing, unless it is an unused one of the
/// set that they have now: of any number of simultaneous callers the first gets true.
pub async fn claim(
    unit: &mut Unit,
    user: &Id<User>,
    credential: &Id<Credential>,
    hash: &[u8],
    now: Time,
) -> Result<bool> {
    let own = credentials::table
        .inner_join(users::table)
        .filter(credentials::id.eq(credential))
        .filter(credentials::kind.eq(KIND))
        .filter(credentials::confirmed_at.is_not_null())
        .filter(users::id.eq(user))
        .filter(users::disabled_at.is_null())
        .select(credentials::id);
    let unused = static_codes::table
        .filter(static_codes::credential_id.eq_any(own))
        .filter(static_codes::code_hash.eq(hash))
        .filter(static_codes::used_at.is_null());
    let query = diesel::update(unused).set(static_codes::used_at.eq(now));
    let won = on!(unit, |c| query.execute(c))? == 1;
    if won {
        credential::touch(unit, credential, now).await?;
    }
    Ok(won)
}

/// Whether this is a code of the set, and whether it was used; `None` for what is no code of it.
pub async fn is_used(
    conn: &mut Conn,
    credential: &Id<Credential>,
    hash: &[u8],
) -> Result<Option<bool>> {
    let query = static_codes::table
        .filter(static_codes::credential_id.eq(credential))
        .filter(static_codes::code_hash.eq(hash))
        .select(static_codes::used_at);
    let found: Option<Option<Time>> = on!(conn, |c| query.first(c)).optional()?;
    Ok(found.map(|used_at| used_at.is_some()))
}

/// How many codes of a set are left.
pub async fn remaining(conn: &mut Conn, credential: &Id<Credential>) -> Result<Remaining> {
    let of = static_codes::table.filter(static_codes::credential_id.eq(credential));
    let left = of.filter(static_codes::used_at.is_null());
    let (of, left) = (of.count(), left.count());
    Ok(Remaining { of: on!(conn, |c| of.get_result(c))?, left: on!(conn, |c| left.get_result(c))? })
}
