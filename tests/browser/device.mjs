// The npm package openid-client as a program without a browser (RFC 8628): it shows a code, a person
// allows or denies it in Chromium, and it learns that by polling.
import * as client from "openid-client";
import { env, expect, run } from "./chromium.mjs";
import { look } from "./look.mjs";
import { allow, answer, deny, press, signIn } from "./person.mjs";

const issuer = new URL(env("IDP_URL"));
const userCode = 'input[name="user_code"]';
const insecure = { execute: [client.allowInsecureRequests] };
const config = await client.discovery(issuer, "flowgate-cli", undefined, client.None(), insecure);
const scope = "openid profile email account";
const me = async (token) => {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(new URL("/api/v1/me", issuer), { headers })).status;
};

await run(async ({ open }) => {
  const page = await open();

  // The address with the code in it, which still asks.
  const asked = await client.initiateDeviceAuthorization(config, { scope });
  const polling = client.pollDeviceAuthorizationGrant(config, asked);
  await page.goto(asked.verification_uri_complete);
  await signIn(page);
  expect(await page.inputValue(userCode), asked.user_code, "the code is filled in");
  await look(page, "device_code");
  await press(page, "main form button.button");
  expect(await page.locator("h1").innerText(), /Flowgate CLI/, "who asks");
  await look(page, "device_question");
  await press(page, allow);
  await look(page, "device_allowed");
  const tokens = await polling;
  expect(tokens.scope, scope, "scope");
  const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  expect(info.email, env("PERSON_LOGIN"), "UserInfo");
  expect(await me(tokens.access_token), 200, "the account, with the token");
  await client.tokenRevocation(config, tokens.access_token);
  expect(await me(tokens.access_token), 401, "the account, after the token was given back");

  // The code typed by hand, with a mistake first; and the person says no.
  const again = await client.initiateDeviceAuthorization(config, { scope });
  const refused = client.pollDeviceAuthorizationGrant(config, again).catch((error) => error);
  await page.goto(again.verification_uri);
  await answer(page, userCode, "bbbb bbbb");
  expect(await page.locator(`${userCode}[aria-invalid="true"]`).count(), 1, "a code of nobody");
  await look(page, "device_code_wrong");
  await answer(page, userCode, again.user_code.replace("-", " ").toLowerCase());
  await press(page, deny);
  expect((await refused).error, "access_denied", "what the program is told");
});
