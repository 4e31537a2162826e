//! How bearer values are kept: never themselves, only their digest.

use aws_lc_rs::digest;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Binary;

/// The SHA-256 of a bearer value (session token, code, link, browser secret). Values of 256 random
/// bits need no salt and no slow hash (OWASP ASVS 6.5.2); looking a value up by its digest leaks
/// nothing of it through timing.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = Binary)]
pub struct TokenHash(Vec<u8>);

/// The digest under which the bearer value `value` is kept.
#[must_use]
pub fn token(value: &str) -> TokenHash {
    TokenHash(digest::digest(&digest::SHA256, value.as_bytes()).as_ref().to_vec())
}

impl<DB> FromSql<Binary, DB> for TokenHash
where
    DB: Backend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Vec::<u8>::from_sql(bytes).map(Self)
    }
}

impl<DB> ToSql<Binary, DB> for TokenHash
where
    DB: Backend,
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_slice().to_sql(out)
    }
}
