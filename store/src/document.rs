//! A typed JSON column.

use std::io::Write as _;
use std::ops::{Deref, DerefMut};

use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Json, Text};
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A value kept as a JSON document. A document that its type cannot read is a database error, never
/// a default.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = Json)]
#[serde(transparent)]
pub struct Document<T: std::fmt::Debug>(pub T);

impl<T: std::fmt::Debug> Deref for Document<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: std::fmt::Debug> DerefMut for Document<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: std::fmt::Debug + DeserializeOwned> FromSql<Json, Sqlite> for Document<T> {
    fn from_sql(
        value: <Sqlite as diesel::backend::Backend>::RawValue<'_>,
    ) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

impl<T: std::fmt::Debug + DeserializeOwned> FromSql<Json, Pg> for Document<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_slice(value.as_bytes())?))
    }
}

impl<T: std::fmt::Debug + Serialize> ToSql<Json, Sqlite> for Document<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(serialize::IsNull::No)
    }
}

impl<T: std::fmt::Debug + Serialize> ToSql<Json, Pg> for Document<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&serde_json::to_vec(&self.0)?)?;
        Ok(serialize::IsNull::No)
    }
}
