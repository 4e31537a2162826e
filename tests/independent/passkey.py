"""Sets up a passkey and signs in with it through the JSON API alone, by soft-webauthn: a WebAuthn
client that knows nothing of this server. Prints what came of it; fails if anything else comes.
"""

import json
import os
import urllib.request
from base64 import urlsafe_b64decode, urlsafe_b64encode
from http.cookiejar import CookieJar

from soft_webauthn import SoftWebauthnDevice

URL = os.environ["IDP_URL"]
ORIGIN = os.environ["ORIGIN"]
LOGIN = os.environ["PERSON_LOGIN"]
PASSWORD = os.environ["PERSON_PASSWORD"]


def decode(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(value):
    """As `PublicKeyCredential.toJSON()` does: bytes become base64url without padding."""
    if isinstance(value, dict):
        return {key: encode(inner) for key, inner in value.items()}
    if isinstance(value, bytes):
        return urlsafe_b64encode(value).decode().rstrip("=")
    return value


class Browser:
    """Cookies and an origin."""

    def __init__(self):
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def call(self, path, body=None):
        request = urllib.request.Request(URL + path, headers={"Accept": "application/json"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("Origin", URL)
        with self.opener.open(request) as response:
            return json.load(response)


class Flow:
    """One execution of a flow."""

    def __init__(self, browser, slug):
        self.browser, self.path = browser, f"/api/v1/flows/{slug}"
        self.said = browser.call(self.path)
        self.path += "?e=" + self.said["execution"]

    def asks(self, component):
        asked = self.said.get("challenge", {}).get("component")
        assert asked == component, f"{component} is not asked for: {json.dumps(self.said, indent=1)}"
        return self.said["challenge"]["data"]

    def answer(self, **answer):
        body = {"step": self.said["step"], "answer": answer}
        self.said = self.browser.call(self.path, body)
        return self


def options_of(data):
    """The options as a browser hands them to an authenticator: with bytes."""
    options = data["options"]
    options["challenge"] = decode(options["challenge"])
    if "user" in options:
        options["user"]["id"] = decode(options["user"]["id"])
    return {"publicKey": options}


def credential_of(made):
    # The device hands out the id as padded base64url in bytes; browsers hand out text without padding.
    made["id"] = made["id"].decode().rstrip("=")
    return encode(made)


def sign_in_by_password(browser):
    flow = Flow(browser, "sign-in")
    flow.asks("identify")
    flow.answer(login=LOGIN).asks("password")
    return flow.answer(password=PASSWORD)


def main():
    device = SoftWebauthnDevice()
    browser = Browser()
    flow = sign_in_by_password(browser)
    assert flow.said["finished"]["session"], flow.said

    flow = Flow(browser, "set-up-passkey")
    made = device.create(options_of(flow.asks("webauthn_setup")), ORIGIN)
    flow.answer(credential=credential_of(made), name="A key made of software")
    if "challenge" in flow.said:
        codes = flow.asks("static_setup")["codes"]
        assert len(set(codes)) == 10, codes
        flow.answer(saved=True)
    assert "finished" in flow.said, flow.said

    browser = Browser()
    flow = sign_in_by_password(browser)
    shown = device.get(options_of(flow.asks("webauthn")), ORIGIN)
    flow.answer(credential=credential_of(shown))
    assert flow.said["finished"]["session"], flow.said
    me = browser.call("/api/v1/me")
    assert me["session"]["amr"] == ["pwd", "swk", "mfa"], me
    print(json.dumps({"acr": me["session"]["acr"], "amr": me["session"]["amr"]}))


main()
