// The npm package openid-client, a certified relying party that knows nothing of Flowgate, signs a
// person in against `flowgate serve`; the pages are walked in Chromium.
import { createServer } from "node:http";
import * as client from "openid-client";
import { env, expect, run } from "./chromium.mjs";
import { ada, allow, answer, confirm, login, password, press, signIn } from "./person.mjs";

const issuer = new URL(env("ISSUER"));
const callback = env("CALLBACK");
const secret = env("CLIENT_SECRET");
const scope = "openid profile email";

/** Where the browser is sent back to: it remembers the address that it was called with. */
let arrived;
const app = createServer((request, response) => {
  const url = new URL(request.url, callback);
  if (url.pathname === new URL(callback).pathname) arrived = url;
  response.writeHead(200, { "content-type": "text/html" });
  response.end('<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>back</title>');
});
await new Promise((resolve) => app.listen(new URL(callback).port, "127.0.0.1", resolve));

const discover = (id, ...rest) =>
  client.discovery(issuer, id, ...rest, { execute: [client.allowInsecureRequests] });

await run(async ({ open }) => {
  for (const [id, config] of [
    ["wiki", await discover("wiki", secret, client.ClientSecretBasic(secret))],
    ["wiki", await discover("wiki", secret, client.ClientSecretPost(secret))],
    ["desk", await discover("desk", undefined, client.None())],
  ]) {
    const page = await open();
    await straightPath(page, id, config);
    await page.context().close();
  }
  await signOut(await open());
});
app.close();

/** Code with PKCE: ID token, userinfo, single use of the code. */
async function straightPath(page, id, config) {
  const request = await authorize(page, config);
  const tokens = await client.authorizationCodeGrant(config, arrived, request.checks);
  const claims = tokens.claims();
  expect(claims.aud, id, "aud");
  expect(claims.acr, "aal1", "acr: a password alone");
  expect(JSON.stringify(claims.amr), '["pwd"]', "amr");
  const age = Date.now() / 1000 - claims.auth_time;
  expect(age, (age) => age >= -5 && age < 120, "auth_time is now");
  expect(claims.sid, /^\S+$/, "sid");
  expect(tokens.refresh_token, undefined, "no refresh token was asked for");
  expect(tokens.token_type, /^bearer$/i, "token_type");

  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  expect(person.email, ada().login, "userinfo: email");
  expect(person.email_verified, true, "userinfo: email_verified");
  expect(person.name, "Ada Lovelace", "userinfo: name");

  // A code is used once; its second use takes back what the first one gave (RFC 6749 §4.1.2).
  await refused("invalid_grant", () => client.authorizationCodeGrant(config, arrived, request.checks));
  const userinfo = config.serverMetadata().userinfo_endpoint;
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  expect((await fetch(userinfo, { headers })).status, 401, "the access token is revoked");

  // The verifier must be the challenge's (RFC 7636 §4.6).
  const again = await authorize(page, config, {}, false);
  const stolen = { ...again.checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
  await refused("invalid_grant", () => client.authorizationCodeGrant(config, arrived, stolen));
}

/** `prompt`, `max_age`, then RP-initiated logout with an ID token. */
async function signOut(page) {
  const config = await discover("wiki", secret, client.ClientSecretBasic(secret));
  await authorize(page, config, { prompt: "none" }, false);
  expect(arrived.searchParams.get("error"), "login_required", "nobody is signed in");
  expect(arrived.searchParams.get("iss"), issuer.href.replace(/\/$/, ""), "iss (RFC 9207)");

  const first = await authorize(page, config);
  const tokens = await client.authorizationCodeGrant(config, arrived, first.checks);
  const silent = await authorize(page, config, { prompt: "none" }, false);
  const same = await client.authorizationCodeGrant(config, arrived, silent.checks);
  expect(same.claims().sid, tokens.claims().sid, "one session");
  expect(same.claims().auth_time, tokens.claims().auth_time, "nobody proved anything again");

  // A second passes, so that no proof is fresh enough.
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  const fresh = await authorize(page, config, { max_age: "1" });
  const checks = { ...fresh.checks, maxAge: 1 };
  const proven = await client.authorizationCodeGrant(config, arrived, checks);
  expect(proven.claims().auth_time, (at) => at > tokens.claims().auth_time, "asked again");

  const home = new URL("/", callback).href;
  const way = { id_token_hint: proven.id_token, post_logout_redirect_uri: home, state: "bye" };
  await page.goto(client.buildEndSessionUrl(config, way).href);
  if (await page.locator(confirm).count()) await press(page, confirm);
  expect(page.url(), `${home}?state=bye`, "back after signing out");
  await authorize(page, config, { prompt: "none" }, false);
  expect(arrived.searchParams.get("error"), "login_required", "signed out");
}

/** Sends the browser away and walks it back; with `asked`, a person has to sign in. */
async function authorize(page, config, parameters = {}, asked = true) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...parameters,
  });
  arrived = undefined;
  await page.goto(url.href);
  if (asked) await prove(page);
  if (!arrived && (await page.locator(allow).count())) await press(page, allow);
  expect(arrived?.pathname, new URL(callback).pathname, "the browser came back");
  return { checks };
}

/** Whoever is known is asked for the password alone. */
async function prove(page) {
  if (await page.locator(login).count()) await signIn(page);
  else await answer(page, password, ada().password);
}

/** Fails unless `act` is answered with this OAuth error. */
async function refused(error, act) {
  const outcome = await act().then(() => "a success", (failure) => failure.error ?? failure.message);
  expect(outcome, error, "the token endpoint's answer");
}
