//! Errors that are shown here, because no registered address is certain.

use std::borrow::Cow;

use super::Authorize;
use crate::ErrorCode;

/// An error that no client can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    /// What is wrong, for the page's text.
    pub problem: PageProblem,
    /// The code of the specification.
    pub code: ErrorCode,
    /// For the developer of the application, in English.
    pub description: Cow<'static, str>,
}

/// What is wrong with a request that cannot be answered to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageProblem {
    /// The client is unknown or disabled.
    Client,
    /// The redirect URI is missing or not registered.
    RedirectUri,
    /// The request was answered already, has expired, or belongs to another browser.
    Gone,
}

impl PageProblem {
    /// The stable name, for a message key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::RedirectUri => "redirect_uri",
            Self::Gone => "gone",
        }
    }
}

impl ErrorPage {
    pub(super) fn new(
        problem: PageProblem,
        code: ErrorCode,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { problem, code, description: description.into() }
    }

    pub(super) fn gone() -> Authorize {
        Self::new(
            PageProblem::Gone,
            ErrorCode::InvalidRequest,
            "This sign-in was finished already, has expired, or belongs to another browser. Start again from the application.",
        )
        .show()
    }

    pub(super) fn show(self) -> Authorize {
        tracing::info!(
            problem = self.problem.as_str(),
            description = %self.description,
            "authorization request answered with a page"
        );
        Authorize::ErrorPage(self)
    }
}
