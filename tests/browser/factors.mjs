// A person enrols each factor, signs in with each, renames and removes them, is refused the last one
// where an organisation demands one, and recovers the account with two factors on. The codes of the
// app are oathtool's, the passkeys those of Chromium's virtual authenticator.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { env, expect, run } from "./chromium.mjs";
import { answer, idp, isSignedIn, login, password, press } from "./person.mjs";
import { codeOf, linkOf, openPost } from "./post.mjs";

const code = 'input[name="code"]';
const choose = (factor) => `button[name="choose"][value="${factor}"]`;
const shots = process.env.SCREENSHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Codes of one app, each step once. */
class App {
  constructor(secret) {
    this.secret = secret.replaceAll(" ", "");
    this.last = 0;
  }

  async code() {
    while (Math.floor(Date.now() / 30_000) <= this.last) await wait(500);
    this.last = Math.floor(Date.now() / 30_000);
    return execFileSync("oathtool", ["--totp", "--base32", this.secret]).toString().trim();
  }
}

const post = await openPost();

await run(async ({ open }) => {
  const page = await open({ viewport: { width: 390, height: 844 } });
  const shot = async (name) => {
    if (shots) await page.screenshot({ path: `${shots}/factors-${name}.png`, fullPage: true });
  };
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  const { login: who, password: secret } = { login: env("PERSON_LOGIN"), password: env("PERSON_PASSWORD") };
  const fresh = async (flow = "sign-in") => {
    await page.context().clearCookies();
    await page.goto(`${idp()}/flow/${flow}`);
  };
  const isIn = async (what) => expect(await isSignedIn(page), true, what);
  const security = `${idp()}/account/security`;

  // The organisation demands a factor: it is set up in place, with an app.
  await fresh();
  await answer(page, login, who);
  await answer(page, password, secret);
  await shot("enrol");
  await press(page, choose("totp"));
  await shot("totp-setup");
  const uri = new URL(await page.locator('a[href^="otpauth:"]').first().getAttribute("href"));
  const app = new App(uri.searchParams.get("secret"));
  await page.locator('input[name="name"]').fill("Phone");
  await answer(page, code, await app.code());
  await shot("recovery-codes");
  const codes = (await page.locator("main").innerText()).match(/\b[0-9A-Z]{5}-[0-9A-Z]{5}\b/g);
  expect(new Set(codes).size, 10, "ten recovery codes");
  await press(page, 'button[name="saved"]');
  await isIn("set up in place, then signed in");
  await post.mail(who, ({ subject }) => /added|new|sign/i.test(subject));

  // A recovery code, once.
  await fresh();
  await answer(page, login, who);
  await answer(page, password, secret);
  await shot("totp");
  await press(page, choose("static"));
  await shot("recovery-code");
  await answer(page, code, codes[0].toLowerCase().replace("-", " "));
  await isIn("a recovery code is a second factor");
  await fresh();
  await answer(page, login, who);
  await answer(page, password, secret);
  await press(page, choose("static"));
  await answer(page, code, codes[0]);
  expect(await page.locator(code).getAttribute("aria-invalid"), "true", "a used code is refused");
  await answer(page, code, codes[1]);
  await isIn("another code is good");

  // A passkey, from the account page; the proof is recent, so nothing is asked before.
  await page.goto(security);
  await shot("security");
  await press(page, 'a[href*="set-up-passkey"]');
  await page.locator('input[name="name"]').fill("Laptop");
  await shot("passkey-setup");
  await Promise.all([page.waitForURL(/account\/security/), page.locator("#webauthn-start").click()]);
  expect(await page.locator("main").innerText(), /Laptop/, "the passkey is listed");
  const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials.length, 1, "the authenticator has it");
  expect(credentials[0].isResidentCredential, true, "it can be found without a name");

  // As second factor: the page asks by itself.
  await fresh("by-password");
  await answer(page, login, who);
  await Promise.all([page.waitForURL(/account/), answer(page, password, secret)]);
  await isIn("a passkey is a second factor");

  // As the only step.
  const byItself = async (flow) => {
    await fresh(flow);
    await page.waitForURL(/\/account$/);
  };
  await byItself("passwordless");
  await isIn("a passkey is enough by itself");
  const me = await (await page.context().request.get(`${idp()}/api/v1/me`)).json();
  expect(me.session.acr, /^phrh?$/, "its level");
  expect(me.session.amr.includes("pwd"), false, "no password was shown");

  // As autofill where names are typed: the virtual authenticator takes the first it is offered.
  await byItself("sign-in");
  await isIn("a passkey is picked where names are typed");
  await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });

  // A code by mail and one by text message.
  await page.goto(`${idp()}/flow/set-up-email-code?next=/account/security`);
  await shot("email-setup");
  await answer(page, 'input[name="address"]', who);
  await answer(page, code, codeOf(await post.mail(who, ({ text }) => /\b\d{6}\b/.test(text))));
  await page.goto(`${idp()}/flow/set-up-sms-code?next=/account/security`);
  await shot("sms-setup");
  await answer(page, 'input[name="number"]', "+49 1512 3456789");
  await shot("sms-confirm");
  await answer(page, code, codeOf(await post.text("+4915123456789")));
  await page.waitForURL(/account\/security/);
  await shot("security-all");

  for (const [factor, arrives] of [
    ["email", () => post.mail(who, ({ text }) => /(?<!\d)\d{6}(?!\d)/.test(text))],
    ["sms", () => post.text("+4915123456789")],
  ]) {
    await fresh();
    await answer(page, login, who);
    await answer(page, password, secret);
    await press(page, choose(factor));
    await shot(factor);
    await answer(page, code, codeOf(await arrives()));
    await isIn(`a code by ${factor} is a second factor here`);
  }

  // Rename and remove from the account page.
  await page.goto(security);
  await press(page, 'main a:has-text("Phone")');
  await page.locator('input[name="name"]').fill("Old phone");
  await answer(page, 'input[name="name"]', "Old phone");
  await page.goto(security);
  expect(await page.locator("main").innerText(), /Old phone/, "it has another name");
  const remove = async () => {
    await page.goto(security);
    await press(page, 'main a[href^="/account/factors/"]');
    await press(page, 'a[href$="/remove"]');
  };
  for (let left = 4; left > 1; left -= 1) {
    await remove();
    await shot("remove");
    await press(page, "form button.danger");
  }
  // The last one stays: the organisation demands it.
  await remove();
  await shot("last");
  expect(await page.locator("form button.danger").count(), 0, "the last factor cannot be removed");
  expect(await page.locator("main").innerText(), /Weak Inc/, "and it says who demands it");
  await isIn("this session went on through all of it");

  // Recovery: the link stands for the password, the second factor is asked for all the same.
  await page.context().clearCookies();
  await page.goto(`${idp()}/flow/recovery`);
  await answer(page, login, who);
  await page.goto(linkOf(await post.mail(who, ({ text }) => /flow\/recovery/.test(text))));
  await press(page, "main form button");
  await shot("recovery-gate");
  expect(await page.locator(password).count(), 0, "no new password yet");
  if (await page.locator(choose("static")).count()) await press(page, choose("static"));
  await answer(page, code, codes[2]);
  await answer(page, 'input[name="password"]', "twelve yellow submarines");
  await isIn("recovered with the second factor");
});
post.close();
