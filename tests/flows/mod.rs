//! Whole logins, and what interrupts them: one file per flow or per kind of trouble.

mod crash;
mod recovery;
mod sign_in;
mod tabs;

use crate::harness::{Browser, Page};
use crate::{ADA, PASSWORD};

const SIGN_IN: &str = "/flow/sign-in";

/// From the page that asks who it is to whatever comes after the password.
pub(crate) async fn sign_in(page: Page) -> Page {
    let page = page.form_with("login").fill("login", ADA).submit().await.expect(200);
    page.form_with("password").fill("password", PASSWORD).submit().await
}

/// Whether a person is signed in here: the home page is then theirs.
async fn is_signed_in(browser: &Browser) -> bool {
    let page = browser.visit("/").await.expect(200);
    page.url.path() == "/" && page.body.contains(ADA)
}
