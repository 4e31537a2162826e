// Looks at a page as four people see it (light and dark, phone and desktop): axe-core must find
// nothing, nothing may stick out to the side, and a picture goes to $SCREENSHOTS.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SCHEMES = ["light", "dark"];
const WIDTHS = [390, 1280];

export const screenshots = process.env.SCREENSHOTS;
if (screenshots) mkdirSync(screenshots, { recursive: true });

/** Throws with all that is wrong on this page. */
export async function look(page, name, { pictures = true } = {}) {
  const wrong = [];
  for (const colorScheme of SCHEMES) {
    // Motion is off, so that no colour is measured half-way.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      const where = `${name} (${colorScheme}, ${width} px)`;
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (sideways > 0) wrong.push(`${where}: ${sideways} px stick out to the side`);
      for (const { id, help, nodes } of await violations(page)) {
        const places = nodes.map((node) => `    ${node.html}\n      ${node.failureSummary}`);
        wrong.push(`${where}: ${id}: ${help}\n${places.join("\n")}`);
      }
      if (screenshots && pictures) {
        const path = join(screenshots, `${name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  }
  if (wrong.length) throw new Error(wrong.join("\n"));
}

async function violations(page) {
  // Through the debugger, so the page's content security policy stays in force.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const options = { runOnly: { type: "tag", values: TAGS }, resultTypes: ["violations"] };
  return page.evaluate(async (options) => {
    const { violations } = await globalThis.axe.run(document, options);
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
    }));
  }, options);
}
