// Every template with its samples, in every language, from the folder $GALLERY: pages that no demo
// reaches are looked at too.
import { createServer } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { env, expect, run } from "./chromium.mjs";
import { look } from "./look.mjs";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

const folder = env("GALLERY");
const files = new Set(readdirSync(folder));
const server = createServer((request, response) => {
  const name = basename(new URL(request.url, "http://127.0.0.1").pathname);
  if (!files.has(name)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
  response.end(readFileSync(join(folder, name)));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

await run(async ({ open }) => {
  const page = await open();
  const samples = [...files].filter((name) => name.endsWith(".html") && !name.startsWith("mail_"));
  expect(samples.length, (count) => count >= 20, "samples in the gallery");
  const wrong = [];
  for (const name of samples.sort()) {
    await page.goto(`http://127.0.0.1:${server.address().port}/${name}`);
    await look(page, name, { pictures: false }).catch((error) => wrong.push(error.message));
  }
  if (wrong.length) throw new Error(wrong.join("\n"));
});
server.close();
