//! What can go wrong while a flow runs. Each of these refuses.

/// A failure of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such flow in the present version.
    #[error("there is no flow `{0}`")]
    UnknownFlow(String),
    /// There is no such execution: never was, expired, finished, or another browser's.
    #[error("there is no such execution")]
    UnknownExecution,
    /// The link is unknown, expired or used.
    #[error("the link is no longer good")]
    UnknownLink,
    /// The flow may not be run by who asks.
    #[error("this flow needs a session")]
    SessionNeeded,
    /// The answer is for a step that is past: another tab, a double click or a race was first.
    #[error("the answer is for a step that is past")]
    Stale,
    /// What the answer showed was used by another request in the meantime: a code, a step, a
    /// counter. The answer is asked for again with this error.
    #[error("what was shown is used already")]
    Spent(crate::FieldError),
    /// Too much work is waiting; try again.
    #[error("too busy")]
    Busy,
    /// What the engine holds does not fit together: a bug or a damaged record.
    #[error("{0}")]
    Internal(String),
    /// The store failed.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}
