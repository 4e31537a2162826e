// Where Chromium is: $CHROMIUM, or the usual places. Run by itself it prints the path, or exits with 1.
import { existsSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const USUAL = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export const executable = process.env.CHROMIUM || USUAL.find((path) => existsSync(path));

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (executable) console.log(executable);
  else {
    console.error("no Chromium found (set CHROMIUM to its path)");
    process.exitCode = 1;
  }
}
