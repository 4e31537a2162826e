//! What can go wrong in the store.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// A failure of the store. Each one refuses: none of them means "not found".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique value is taken; names the constraint or column as the database does.
    #[error("already taken: {0}")]
    Conflict(String),
    /// The row changed, was used or is gone since it was read.
    #[error("the record has changed since it was read")]
    Stale,
    /// The database could not be reached in time.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A sealed value could not be opened: another key, or the data was altered.
    #[error("a secret could not be opened; is this the secret key the data was written with?")]
    Seal,
    /// The start-up of the database failed.
    #[error("{0}")]
    Setup(String),
    /// Any other failure of the database.
    #[error("database: {0}")]
    Database(Diesel),
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
                Self::Conflict(
                    information
                        .constraint_name()
                        .unwrap_or_else(|| information.message())
                        .to_owned(),
                )
            }
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, information) => {
                Self::Unavailable(information.message().to_owned())
            }
            other => Self::Database(other),
        }
    }
}
