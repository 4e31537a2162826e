// What the pages' own scripts do, on the samples in the folder $GALLERY and under the server's content
// security policy: passkeys with Chromium's virtual authenticator, with and without the browser's
// own JSON; codes that are copied, saved and printed; and what stands there without scripts.
import { createServer } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { env, expect, run } from "./chromium.mjs";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};
const POLICY =
  "default-src 'none'; style-src 'self' 'nonce-bm9uY2U'; script-src 'self'; img-src 'self' data:; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const CHALLENGE = "q1Yz7k0uN3bqXKz1mE2oJmZ2o8aG0rYcN5tQ3sVfL1M";
const USER = "AZjzwn0eekCcVS8Oax2KNw";

const start = "#webauthn-start";
const problem = "#webauthn-problem";

const creation = {
  rp: { id: "localhost", name: "Acme" },
  user: { id: USER, name: "ada", displayName: "Ada" },
  challenge: CHALLENGE,
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
  authenticatorSelection: { residentKey: "required", userVerification: "required" },
};
const request = { challenge: CHALLENGE, rpId: "localhost", userVerification: "preferred" };
const known = (id) => [{ type: "public-key", id }];

const folder = env("GALLERY");
const files = new Set(readdirSync(folder));

/** What the next page asks of the authenticator, and what forms have sent since it was loaded. */
let options = {};
let sent = [];

const server = createServer((request, response) => {
  const name = basename(new URL(request.url, "http://localhost").pathname);
  if (request.method === "POST") return receive(request, response);
  if (!files.has(name)) return response.writeHead(404).end();
  let body = readFileSync(join(folder, name));
  if (name.endsWith(".html")) {
    const data = /(<script type="application\/json" id="webauthn-options">)[^]*?(<\/script>)/;
    body = String(body).replace(data, (_, open, close) => open + JSON.stringify(options) + close);
  }
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

function receive(request, response) {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    sent.push(new URLSearchParams(body));
    response.writeHead(200, { "content-type": "text/html" }).end("<title>x</title><p id=sent>sent");
  });
}

await run(async ({ open }) => {
  for (const withJson of [true, false]) await passkeys(open, withJson);
  await dialogueThatHangs(open);
  await withoutPasskeys(open);
  await codes(open);
});
server.close();

async function go(page, sample, asked) {
  options = asked ?? {};
  sent = [];
  await page.goto(`http://localhost:${server.address().port}/${sample}.en.html`);
}

/** The credential of the one form that was sent. */
async function credential(page, what) {
  await page.waitForSelector("#sent");
  expect(sent.length, 1, `${what}: forms sent`);
  expect(sent[0].get("csrf"), "c5rf", `${what}: the token`);
  return JSON.parse(sent[0].get("credential"));
}

/** Nothing happens for longer than the authenticator would need. */
async function nothingSent(page, what) {
  await page.waitForTimeout(400);
  expect(sent.length, 0, what);
}

async function authenticator(page, more = {}) {
  const debug = await page.context().newCDPSession(page);
  await debug.send("WebAuthn.enable");
  await debug.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, ...more,
    },
  });
}

async function passkeys(open, withJson) {
  const page = await open();
  if (!withJson) {
    await page.addInitScript(() => {
      delete PublicKeyCredential.parseCreationOptionsFromJSON;
      delete PublicKeyCredential.parseRequestOptionsFromJSON;
      PublicKeyCredential.prototype.toJSON = () => {
        throw new TypeError("Illegal invocation");
      };
    });
  }
  await authenticator(page);

  await go(page, "webauthn_setup", creation);
  await nothingSent(page, "a set-up waits for a click");
  await page.fill("#f-name", "Laptop");
  await page.click(start);
  const made = await credential(page, "set-up");
  const client = JSON.parse(Buffer.from(made.response.clientDataJSON, "base64url"));
  expect(client.challenge, CHALLENGE, "the challenge survives");
  expect(made.response.attestationObject.length, (length) => length > 50, "the attestation");
  expect(made.response.transports.join(), "internal", "the transports");
  expect(sent[0].get("name"), "Laptop", "the name");

  await go(page, "webauthn_setup", { ...creation, excludeCredentials: known(made.id) });
  await page.click(start);
  await page.waitForSelector(problem);
  expect(await page.innerText(problem), /already set up/, "one that is registered");
  expect(await page.locator("form[data-busy]").count(), 0, "the form can be sent again");

  await go(page, "webauthn", { ...request, allowCredentials: known(made.id) });
  const shown = await credential(page, "a page that asks by itself");
  expect(shown.id, made.id, "the passkey");
  expect(Boolean(shown.response.signature && shown.response.authenticatorData), true, "its proof");
  await page.goBack();
  sent = [];
  await nothingSent(page, "going back asks for nothing");

  await go(page, "webauthn_error_plain", { ...request, allowCredentials: known(made.id) });
  await nothingSent(page, "after an error a click is needed");
  await page.check("[name=remember_device]");
  await page.click(start);
  await credential(page, "again");
  expect(sent[0].get("remember_device"), "true", "the box beside it");

  await go(page, "identify_passkey_plain", request);
  await nothingSent(page, "the button waits");
  await page.check("[name=remember_me]");
  await page.click(start);
  expect((await credential(page, "the button")).response.userHandle, USER, "who it is");
  expect([...sent[0].keys()].sort().join(), "credential,csrf,remember_me,step", "and nothing else");

  // The virtual authenticator picks from the field's list at once.
  await go(page, "identify_passkey_field", request);
  expect((await credential(page, "autofill")).id, made.id, "the passkey from the field's list");

  await go(page, "webauthn", { ...request, rpId: "elsewhere.example" });
  await page.waitForSelector(problem);
  expect(await page.innerText(problem), /can’t use passkeys/, "another domain's passkeys");
  await page.context().close();
}

async function dialogueThatHangs(open) {
  const page = await open();
  await authenticator(page, { automaticPresenceSimulation: false });
  await go(page, "webauthn_setup", creation);
  for (const time of ["once", "twice"]) {
    await page.click(start);
    await page.waitForTimeout(300);
    expect(await page.innerText("#webauthn-status"), /^Waiting/, `pressed ${time}`);
    expect(await page.isVisible(problem), false, `no error when pressed ${time}`);
  }
  await page.click("[name=choose]");
  await page.waitForSelector("#sent");
  expect(sent[0].has("choose"), true, "another way can be chosen meanwhile");
  await page.context().close();
}

async function withoutPasskeys(open) {
  const old = await open();
  await old.addInitScript(() => delete globalThis.PublicKeyCredential);
  await go(old, "webauthn", request);
  expect(await old.innerText(problem), /can’t use passkeys/, "an old browser is told");
  expect(await old.isVisible(start), false, "and has no button");
  await go(old, "identify_passkey_plain", request);
  expect(await old.isVisible(start), false, "where there is a name to type, the button is left out");
  expect(await old.isVisible(problem), false, "without a word");
  await old.context().close();

  const plain = await open({ javaScriptEnabled: false });
  await go(plain, "webauthn", request);
  expect(await plain.innerText("noscript .alert"), /JavaScript/, "without scripts it says why");
  expect(await plain.isVisible(".way"), true, "and leaves the other ways");
  await go(plain, "static_setup");
  expect(await plain.isVisible(".tools .button"), false, "no button that nothing would answer");
  await plain.context().close();
}

async function codes(open) {
  const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await go(page, "static_setup");
  await page.click("[data-copy]");
  expect((await copied()).split("\n").length, 10, "codes copied");
  expect(await page.innerText("[data-copy]"), "Copied", "and it says so");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("[data-download]")]);
  expect(file.suggestedFilename(), "recovery-codes.txt", "the file's name");
  const text = readFileSync(await file.path(), "utf8");
  expect(text, /^Recovery codes for Acme GmbH\n.*20\d\d\n\n(\S{5}-\S{5}\n){10}$/, "the file");
  await page.emulateMedia({ media: "print" });
  const paper = await page.locator("body").innerText();
  expect(paper, /^Recovery codes for Acme GmbH\n/, "the sheet begins with the service");
  expect(paper, (paper) => !paper.includes("I have saved"), "and has nothing to press");
  await page.emulateMedia({ media: "screen" });

  await go(page, "totp_setup");
  await page.click("summary");
  await page.click("[data-copy]");
  expect(await copied(), /^[A-Z2-7]{32}$/, "the key as one word");
  await page.fill("#f-code", "123 456");
  await page.press("#f-code", "Enter");
  await page.waitForSelector("#sent");
  expect(sent[0].get("code"), "123 456", "a code with its space");
  await page.context().close();
}
