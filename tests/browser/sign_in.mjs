// A person signs in to Wiki, consents, sees what Wiki learnt, and signs out.
import { expect, run } from "./chromium.mjs";
import {
  ada, allow, answer, deny, idp, isSignedIn, landOnWiki, login, password, press, signIn, signOutAtWiki,
  startAtWiki, wiki,
} from "./person.mjs";

await run(async ({ open }) => {
  const page = await open();
  const person = ada();

  // A wrong password says so beside the field, keeps nothing, and lets one try again.
  await startAtWiki(page);
  await answer(page, login, person.login);
  await answer(page, password, "not the password");
  expect(await page.locator(password).getAttribute("aria-invalid"), "true", "the field is marked");
  expect(await page.locator(password).inputValue(), "", "no password comes back");
  await answer(page, password, person.password);

  // Who denies comes back to Wiki, which is told so.
  await press(page, deny);
  expect(page.url(), (url) => url.startsWith(wiki()), "a denial leads back to Wiki");
  expect(await page.locator('[role="alert"] code').innerText(), "access_denied", "Wiki's error");

  // Signed in by now: only the consent is asked for.
  await startAtWiki(page);
  expect(await page.locator(login).count(), 0, "nobody signs in twice");
  expect(await page.locator(allow).count(), 1, "the consent is asked for again");
  const claims = await landOnWiki(page);
  expect(claims.sub, /^\S+$/, "sub");
  expect(claims.iss, idp(), "iss");
  expect(claims.email, /@/, "email");
  expect(claims.acr, /^(aal1|aal2|phr|phrh)$/, "acr");
  expect(claims.amr, /pwd/, "amr");
  expect(claims.auth_time, /\d/, "auth_time");

  // Consent is asked for once: without a question, one click leads there and back.
  await page.context().clearCookies({ name: "wiki_session" });
  await page.goto(wiki());
  await press(page, "main a.button");
  expect(page.url(), (url) => url.startsWith(wiki()), "straight back to Wiki");
  expect((await landOnWiki(page)).sub, claims.sub, "the same person, without a question");

  await signOutAtWiki(page);
  expect(await isSignedIn(page), false, "the session is over");
  await startAtWiki(page);
  expect(await page.locator(login).count(), 1, "after signing out one signs in again");
  await signIn(page);
  expect((await landOnWiki(page)).sub, claims.sub, "the same person has the same sub");
});
