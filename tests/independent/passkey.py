"""Sets up a key and signs in with it by the flows' JSON (`/api/v1/flows`) alone. Prints what the
session says; fails if anything else comes.
"""

import json

from soft_webauthn import SoftWebauthnDevice

from browser import LOGIN, PASSWORD, Browser, create, get


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
    made = create(device, flow.asks("webauthn_setup")["options"])
    flow.answer(credential=made, name="A key made of software")
    if "challenge" in flow.said:
        codes = flow.asks("static_setup")["codes"]
        assert len(set(codes)) == 10, codes
        flow.answer(saved=True)
    assert "finished" in flow.said, flow.said

    browser = Browser()
    flow = sign_in_by_password(browser)
    flow.answer(credential=get(device, flow.asks("webauthn")["options"]))
    assert flow.said["finished"]["session"], flow.said
    print(json.dumps(browser.call("/api/v1/me")["session"]))


main()
