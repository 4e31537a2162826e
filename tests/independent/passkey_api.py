"""The same by the routes for apps (`/api/v1/login`, `/api/v1/me/passkeys`) alone."""

import json

from soft_webauthn import SoftWebauthnDevice

from browser import LOGIN, PASSWORD, Browser, create, get

NAME = "A key made of software"


def main():
    device = SoftWebauthnDevice()
    browser = Browser()
    person = {"login": LOGIN, "password": PASSWORD}
    browser.call("/api/v1/login", person)
    begun = browser.call("/api/v1/me/passkeys", {})
    made = create(device, begun["options"])
    browser.call(
        "/api/v1/me/passkeys/finish",
        {"setup": begun["setup"], "credential": made, "name": NAME},
    )
    names = [key["name"] for key in browser.call("/api/v1/me/passkeys")["passkeys"]]
    assert names == [NAME], names

    browser = Browser()
    waiting = browser.call("/api/v1/login", person)
    assert (waiting["status"], waiting["factor"]) == ("needs_mfa", "webauthn"), waiting
    shown = get(device, waiting["challenge"]["options"])
    browser.call("/api/v1/login/verify", {"credential": shown})
    print(json.dumps(browser.call("/api/v1/me")["session"]))


main()
