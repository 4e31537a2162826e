// What a person does on the pages: found by field names and button values, not by words, so that it
// works in every language.
import { env, expect } from "./chromium.mjs";

export const idp = () => env("IDP_URL");
export const wiki = () => env("WIKI_URL");
export const ada = () => ({ login: env("PERSON_LOGIN"), password: env("PERSON_PASSWORD") });
export const grace = () => ({ login: env("SECOND_LOGIN"), password: env("SECOND_PASSWORD") });

export const allow = 'button[name="action"][value="allow"]';
export const deny = 'button[name="action"][value="deny"]';
export const confirm = 'button[name="action"][value="confirm"]';
export const login = 'input[name="login"]';
export const password = 'input[name="password"]';

/** Types into the one field of a step and presses Enter. */
export async function answer(page, field, value) {
  await page.locator(field).fill(value);
  await Promise.all([page.waitForEvent("domcontentloaded"), page.locator(field).press("Enter")]);
}

/** Presses a button that leads to another page. */
export async function press(page, button) {
  await Promise.all([page.waitForEvent("domcontentloaded"), page.locator(button).first().click()]);
}

/** Whether this browser has a session: the identity provider's home is then the person's page. */
export async function isSignedIn(page) {
  await page.goto(`${idp()}/`);
  return new URL(page.url()).pathname === "/account";
}

/** From the page that asks who it is to whatever comes after the password. */
export async function signIn(page, person = ada()) {
  await answer(page, login, person.login);
  await answer(page, password, person.password);
}

/** From Wiki's home to the identity provider. */
export async function startAtWiki(page) {
  await page.goto(wiki());
  await press(page, "main a.button");
  expect(page.url(), (url) => url.startsWith(idp()), "Wiki sends people to the identity provider");
}

/** Allows, if it is asked, and returns what Wiki shows: claim → value. */
export async function landOnWiki(page) {
  if (await page.locator(allow).count()) await press(page, allow);
  expect(page.url(), (url) => url.startsWith(wiki()), "the way leads back to Wiki");
  const rows = await page.locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => [row.cells[0].innerText.trim(), row.cells[1].innerText.trim()]),
  );
  return Object.fromEntries(rows);
}

/** Signs out at Wiki, and confirms at the identity provider if it asks. */
export async function signOutAtWiki(page) {
  await page.goto(wiki());
  await press(page, "header form button");
  if (await page.locator(confirm).count()) await press(page, confirm);
}
