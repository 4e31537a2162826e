// What people do that no happy path shows: two tabs, a double click, the back button, a browser
// without scripts.
import { expect, run } from "./chromium.mjs";
import {
  ada, answer, idp, isSignedIn, landOnWiki, login, password, press, signIn, startAtWiki, wiki,
} from "./person.mjs";

await run(async ({ open }) => {
  await twoTabs(open);
  await doubleSubmit(open);
  await backButton(open);
  await noScripts(open);
});

/** Each tab has a login of its own; the second one to end just goes on. */
async function twoTabs(open) {
  const first = await open();
  await startAtWiki(first);
  await answer(first, login, ada().login);
  const second = await first.context().newPage();
  await startAtWiki(second);
  expect(await second.locator(login).count(), 1, "a second tab begins at the beginning");
  await answer(first, password, ada().password);
  const claims = await landOnWiki(first);
  await signIn(second);
  expect((await landOnWiki(second)).sub, claims.sub, "both tabs end at Wiki");
  await first.context().close();
}

/** Two submits of one step, at the same moment, are one answer. */
async function doubleSubmit(open) {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(`${idp()}/flow/sign-in`);
  await answer(page, login, ada().login);
  const twin = await page.context().newPage();
  await twin.goto(page.url());
  await Promise.all([answer(page, password, ada().password), answer(twin, password, ada().password)]);
  for (const tab of [page, twin]) {
    const text = await tab.locator("body").innerText();
    expect(text.length, (length) => length > 0, "each submit is answered with a page");
    expect(await isSignedIn(tab), true, "a double submit ends signed in");
  }
  await page.context().close();

  // With the page's script the second click is held back.
  const clicked = await open();
  await clicked.goto(`${idp()}/flow/sign-in`);
  let posts = 0;
  clicked.on("request", (request) => (posts += request.method() === "POST" ? 1 : 0));
  await clicked.locator(login).fill(ada().login);
  await Promise.all([
    clicked.waitForEvent("domcontentloaded"),
    clicked.locator('main form button[type="submit"]').first().dblclick(),
  ]);
  await clicked.locator(password).waitFor();
  expect(posts, 1, "a double click sends once");
  await clicked.context().close();
}

/** Back leads to a page on which one can go on, and never to an error. */
async function backButton(open) {
  const page = await open();
  await startAtWiki(page);
  await answer(page, login, "nobody@example.org");
  await page.goBack();
  if (page.url().startsWith(wiki())) await startAtWiki(page);
  // What is sent from a page that was left behind is taken, or answered with where the login stands.
  if (await page.locator(login).count()) await answer(page, login, ada().login);
  const chip = await page.locator(".person").allInnerTexts();
  if (chip.join().includes("nobody@example.org")) {
    await press(page, ".person a");
    await answer(page, login, ada().login);
  }
  await answer(page, password, ada().password);
  const claims = await landOnWiki(page);
  expect(claims.email, /^ada@/, "after going back one can sign in");

  // Back after signing in shows no form of a login that is over.
  await page.goBack();
  expect(await page.locator(password).count(), 0, "no password is asked for after signing in");
  expect(await isSignedIn(page), true, "going back signs nobody out");
  await page.context().close();
}

/** Everything works without a script. */
async function noScripts(open) {
  const page = await open({ javaScriptEnabled: false });
  await startAtWiki(page);
  await signIn(page);
  expect((await landOnWiki(page)).sub, /^\S+$/, "Wiki without scripts");
  await page.goto(`${idp()}/flow/sign-out`);
  await press(page, 'main form button[type="submit"]');
  expect(await isSignedIn(page), false, "signing out without scripts");
  await page.context().close();
}
