// Chromium for the scripts beside this file: started once, closed at the end, and watched. A page
// that logs an error, breaks its content security policy, answers 5xx or loads from elsewhere fails
// the script. A new script calls `run(async ({ open }) => …)` and throws when something is wrong.
import { chromium } from "playwright-core";
import { executable } from "./executable.mjs";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a script needs from its surroundings. */
export function env(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** Runs a script; `open(options)` gives a page of a new, empty profile (Playwright's context options). */
export async function run(script) {
  const browser = await chromium.launch({ executablePath: executable, args: ARGUMENTS });
  const faults = [];
  const pages = [];
  const open = async (options = {}) => {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    context.setDefaultTimeout(15_000);
    context.on("page", (page) => {
      pages.push(page);
      watch(page, faults);
    });
    return context.newPage();
  };
  try {
    await script({ open });
    if (faults.length) throw new Error(faults.join("\n"));
  } catch (error) {
    console.error(error.stack ?? error);
    for (const fault of faults) console.error(`also: ${fault}`);
    for (const page of pages.filter((page) => !page.isClosed())) await describe(page);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

function watch(page, faults) {
  const fault = (what) => faults.push(`${page.url()}: ${what}`);
  page.on("pageerror", (error) => fault(error.message));
  page.on("console", (message) => {
    // A 4xx page logs itself; its script and its answer are looked at below.
    const isStatus = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isStatus) fault(message.text());
  });
  page.on("response", (response) => {
    const isPage = response.request().isNavigationRequest();
    if (response.status() >= (isPage ? 500 : 400)) fault(`${response.status()} ${response.url()}`);
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isHere = ["127.0.0.1", "localhost"].includes(hostname) || !protocol.startsWith("http");
    if (!isHere) fault(`asks elsewhere: ${request.url()}`);
  });
}

/** What the script saw last, for whoever reads why it failed. */
async function describe(page) {
  try {
    const text = await page.locator("body").innerText({ timeout: 1_000 });
    console.error(`\n--- ${page.url()}\n${text}\n---`);
  } catch {
    console.error(`\n--- ${page.url()} (no text)`);
  }
}

/** Fails unless `actual` is `expected`, or passes it when that is a function or a pattern. */
export function expect(actual, expected, what) {
  const holds =
    typeof expected === "function" ? expected(actual)
    : expected instanceof RegExp ? expected.test(actual)
    : actual === expected;
  if (!holds) throw new Error(`${what}: expected ${expected}, got ${JSON.stringify(actual)}`);
}
