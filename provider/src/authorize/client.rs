//! `client_id`: a client that may be used (RFC 6749 §4.1.1).

use store::client::{self, Client};
use store::{Conn, Id};

use super::{ErrorPage, PageProblem};
use crate::params::{Known, Params};
use crate::{ErrorCode, Result};

pub(super) const PARAMETER: Known = ("client_id", 255);

pub(super) async fn check(conn: &mut Conn, params: &Params) -> Result<Result<Client, ErrorPage>> {
    let page = |code, description| Err(ErrorPage::new(PageProblem::Client, code, description));
    let Some(id) = params.get_strictly(PARAMETER) else {
        return Ok(page(ErrorCode::InvalidRequest, "client_id must be sent once."));
    };
    Ok(match client::find(conn, &Id::from(id)).await? {
        Some(client) => Ok(client),
        None => page(ErrorCode::UnauthorizedClient, "The client_id is unknown or disabled."),
    })
}
