//! A whole sign-in, as a browser and a relying party make it: authorize, the pages of the flow, the
//! code, the token.

use crate::client::Client;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// `app:secret` in base64.
const BASIC: &str =
    "Authorization: Basic YXBwOmEtc2VjcmV0LXRoYXQtb25seS10aGUtYmVuY2gta25vd3MtMDEyMzQ1Njc4OQ==\r\n";

/// A browser with its cookies.
pub(crate) struct Walker {
    client: Client,
    cookies: Vec<String>,
    number: usize,
}

impl Walker {
    /// The browser of person `number`.
    pub(crate) fn new(address: &str, number: usize) -> Self {
        Self { client: Client::connect(address), cookies: Vec::new(), number }
    }

    fn headers(&self) -> String {
        if self.cookies.is_empty() {
            return String::new();
        }
        format!("Cookie: {}\r\n", self.cookies.join("; "))
    }

    fn keep(&mut self, answer: &crate::client::Answer) {
        for cookie in answer.cookies() {
            let name = cookie.split('=').next().unwrap_or_default();
            self.cookies.retain(|kept| !kept.starts_with(&format!("{name}=")));
            self.cookies.push(cookie.to_owned());
        }
    }

    /// Fetches a page and returns it.
    pub(crate) fn page(&mut self, path: &str) -> crate::client::Answer {
        let answer = self.client.get(path, &self.headers());
        self.keep(&answer);
        answer
    }

    fn submit(&mut self, path: &str, form: &str) -> String {
        let answer = self.client.post(path, &self.headers(), form);
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
        self.keep(&answer);
        answer.location()
    }

    /// Sends a code request; the location is a flow for somebody who is not signed in, and otherwise
    /// has the code.
    pub(crate) fn authorize(&mut self) -> String {
        let path = format!(
            "/oauth/authorize?response_type=code&client_id=app&scope=openid%20profile%20email\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback&state=s&nonce=n\
             &code_challenge={CHALLENGE}&code_challenge_method=S256"
        );
        let answer = self.page(&path);
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.location()
    }

    /// The code of an answer to the relying party.
    pub(crate) fn code(location: &str) -> String {
        let start = location.find("code=").expect("a code") + 5;
        location[start..].split('&').next().unwrap_or_default().to_owned()
    }

    /// Exchanges a code.
    pub(crate) fn exchange(&mut self, code: &str) -> String {
        let form = format!(
            "grant_type=authorization_code&code={code}&code_verifier={VERIFIER}\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback"
        );
        let answer = self.client.post("/oauth/token", BASIC, &form);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.text();
        let start = text.find("\"access_token\":\"").expect("a token") + 16;
        text[start..].split('"').next().unwrap_or_default().to_owned()
    }

    /// Signs in from nothing; ends at the location with the code.
    pub(crate) fn sign_in(&mut self) -> String {
        self.cookies.clear();
        let start = self.authorize();
        let flow = self.page(&start).location();
        let csrf = self.csrf(&flow);
        let next = self.submit(&flow, &format!("csrf={csrf}&step=0&login=ada{}", self.number));
        let csrf = self.csrf(&next);
        let form = format!("csrf={csrf}&step=1&password=seven+green+lanterns");
        let back = self.submit(&next, &form);
        self.page(&back).location()
    }

    fn csrf(&mut self, page: &str) -> String {
        let answer = self.page(page);
        let text = answer.text();
        let start = text.find("name=\"csrf\" value=\"").expect("a form") + 19;
        text[start..].split('"').next().unwrap_or_default().to_owned()
    }

    /// The page of a flow that waits for an answer, to be fetched again and again.
    pub(crate) fn begin_flow(&mut self) -> String {
        self.page("/flow/sign-in").location()
    }

    /// One step: an answer that is taken and asked for again.
    pub(crate) fn step(&mut self, flow: &str, csrf: &str, step: u64) {
        let form = format!("csrf={csrf}&step={step}&login=");
        self.submit(flow, &form);
    }

    /// The token of the forms.
    pub(crate) fn form_token(&mut self, flow: &str) -> String {
        self.csrf(flow)
    }
}
