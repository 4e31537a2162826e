// Every page that the demo leads to, looked at in each language, light and dark, on a phone and on a
// desktop. On the way a person recovers an account and another one makes one.
import { env, expect, run } from "./chromium.mjs";
import { look as lookAt } from "./look.mjs";
import {
  ada, answer, confirm, deny, grace, idp, isSignedIn, landOnWiki, login, password, press, signIn,
  startAtWiki, wiki,
} from "./person.mjs";

const LOCALES = { en: "en-GB", de: "de-DE" };
const button = 'main form button[type="submit"]';
const outbox = () => env("OUTBOX_URL");

const wrong = [];

await run(async ({ open }) => {
  for (const [language, locale] of Object.entries(LOCALES)) {
    const walk = async (steps) => {
      const page = await open({ locale });
      const look = (name) =>
        lookAt(page, `${name}.${language}`).catch((error) => wrong.push(error.message));
      await steps(page, look, language);
      await page.context().close();
    };
    await walk(wikiAndBack);
    await walk(recovery);
    await walk(enrolment);
    await walk(mistakes);
  }
  if (wrong.length) throw new Error(wrong.join("\n"));
});

/** Each language has a person of its own, who has consented to nothing yet. */
async function wikiAndBack(page, look, language) {
  const person = language === "en" ? ada() : grace();
  await page.goto(wiki());
  await look("wiki");
  await startAtWiki(page);
  expect(await page.locator("html").getAttribute("lang"), language, "the browser's language");
  await look("identify");
  await answer(page, login, "");
  await look("identify-empty");
  await answer(page, login, person.login);
  await look("password");
  await answer(page, password, "not the password");
  await look("password-wrong");
  await answer(page, password, person.password);
  await look("consent");
  await press(page, deny);
  await look("wiki-denied");
  await startAtWiki(page);
  await landOnWiki(page);
  await look("wiki-claims");
  expect(await isSignedIn(page), true, "signed in");
  await look("account");
  await page.goto(`${idp()}/oauth/logout`);
  await look("logout-confirm");
  await page.goto(`${idp()}/flow/sign-out`);
  await look("sign-out");
  await press(page, button);
  await look("signed-out");
  expect(await isSignedIn(page), false, "signed out");
}

/** A forgotten password: the link comes by mail, a new password is set, and one is signed in. */
async function recovery(page, look, language) {
  const person = env("FORGETFUL_LOGIN");
  await page.goto(`${idp()}/flow/recovery`);
  await look("recovery");
  await answer(page, login, person);
  await look("recovery-sent");
  await page.goto(outbox());
  await look("outbox");
  await press(page, "main .rows a");
  await look("outbox-mail");
  await press(page, ".letter a");
  await look("recovery-link");
  await press(page, confirm);
  await look("new-password");
  await answer(page, password, "short");
  await look("new-password-short");
  const fresh = `${language}: seven green lanterns`;
  await answer(page, password, fresh);
  expect(await isSignedIn(page), true, "a recovered person is signed in");
  await page.context().clearCookies();
  await page.goto(`${idp()}/flow/sign-in`);
  await signIn(page, { login: person, password: fresh });
  expect(await isSignedIn(page), true, "the new password is the password");
}

/** Somebody new: an address, its confirmation, a name and a password. */
async function enrolment(page, look, language) {
  await page.goto(`${idp()}/flow/sign-up`);
  await look("enrolment");
  await answer(page, 'input[name="email"]', "not an address");
  await look("enrolment-wrong");
  await answer(page, 'input[name="email"]', `kurt.${language}@example.org`);
  await look("enrolment-sent");
  await page.goto(outbox());
  await press(page, "main .rows a");
  await press(page, ".letter a");
  await press(page, confirm);
  await look("enrolment-details");
  await page.locator('input[name="name"]').fill("Kurt Gödel");
  await answer(page, password, "some things cannot be proven");
  expect(await isSignedIn(page), true, "somebody new is signed in");
  await look("account-new");
}

async function mistakes(page, look) {
  expect((await page.goto(`${idp()}/nowhere`)).status(), 404, "an unknown page");
  await look("not-found");
  const status = (await page.goto(`${idp()}/flow/sign-in?e=unknown`)).status();
  expect(status, (status) => status >= 400 && status < 500, "an unknown login");
  await look("expired");
  await page.goto(`${idp()}/oauth/authorize?client_id=nobody&response_type=code`);
  await look("oauth-error");
}
