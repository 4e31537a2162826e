//! `/account/sessions`: where a person is signed in.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use store::Id;

use super::super::failure::Failure;
use super::super::form::Sent;
use super::super::guard::{self, SignedIn};
use super::{Said, actor, done, notice, pressed, show};
use crate::account::sessions;
use crate::app::App;
use crate::render::SessionsPage;

const PATH: &str = "/account/sessions";

/// `GET /account/sessions`.
pub(in super::super) async fn get(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    said: Query<Said>,
) -> Result<Response, Failure> {
    let (decision, _) = guard::judge(&app, &signed_in).await?;
    let view = SessionsPage {
        sessions: sessions::list(&actor(&app, &signed_in)).await?,
        stale: decision.admitted().is_none(),
        notice: notice(&said),
    };
    show(&app, &signed_in, PATH, &view).await
}

/// `POST /account/sessions`: field `end`.
pub(in super::super) async fn post(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    sent: Sent,
) -> Result<Response, Failure> {
    let actor = actor(&app, &signed_in);
    match pressed(&sent, "end")? {
        "others" => {
            sessions::end_others(&actor).await?;
            Ok(done(PATH, "sessions_ended"))
        }
        id => {
            sessions::end(&actor, &Id::from(id)).await?;
            Ok(done(PATH, "session_ended"))
        }
    }
}
