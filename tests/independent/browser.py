"""What the scripts here share: a browser with cookies, and WebAuthn's JSON for soft-webauthn, a
WebAuthn client that knows nothing of this server.
"""

import json
import os
import urllib.request
from base64 import urlsafe_b64decode, urlsafe_b64encode
from http.cookiejar import CookieJar

URL = os.environ["IDP_URL"]
ORIGIN = os.environ["ORIGIN"]
LOGIN = os.environ["PERSON_LOGIN"]
PASSWORD = os.environ["PERSON_PASSWORD"]


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


def decode(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(value):
    """As `PublicKeyCredential.toJSON()` does: bytes become base64url without padding."""
    if isinstance(value, dict):
        return {key: encode(inner) for key, inner in value.items()}
    if isinstance(value, bytes):
        return urlsafe_b64encode(value).decode().rstrip("=")
    return value


def options_of(options):
    """The options as a browser hands them to an authenticator: with bytes."""
    options = json.loads(json.dumps(options))
    options["challenge"] = decode(options["challenge"])
    if "user" in options:
        options["user"]["id"] = decode(options["user"]["id"])
    return {"publicKey": options}


def credential_of(made):
    """What the device made, as a browser's JSON. The device hands out `id` as padded text in bytes."""
    return encode({**made, "id": made["id"].decode().rstrip("=")})


def create(device, options):
    return credential_of(device.create(options_of(options), ORIGIN))


def get(device, options):
    return credential_of(device.get(options_of(options), ORIGIN))
