// Every page works without this file. It adds what only a script can: showing a password,
// holding back a second submit, counting down to the next mail, times in the reader's own zone,
// copying, saving and printing codes.
(() => {
  "use strict";

  const find = (selector, act) => document.querySelectorAll(selector).forEach(act);

  // A password can be shown. The button is hidden where no script would answer it.
  find("[data-reveal]", (button) => {
    const input = document.getElementById(button.dataset.reveal);
    if (!input) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const show = input.type === "password";
      input.type = show ? "text" : "password";
      button.setAttribute("aria-pressed", String(show));
      input.focus({ preventScroll: true });
    });
    // A shown password must not end in the browser's list of remembered texts.
    input.form?.addEventListener("submit", () => {
      input.type = "password";
      button.setAttribute("aria-pressed", "false");
    });
  });

  // One submit per page. `aria-disabled` keeps the focus where it is; the flag does the work.
  const busy = (form, on) => {
    form.toggleAttribute("data-busy", on);
    form.querySelectorAll("button:not([type=button])").forEach((button) => {
      if (on) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    });
  };
  find("form[method=post]", (form) => {
    form.addEventListener("submit", (event) => {
      // Held back already: the form waits for a passkey (webauthn.js).
      if (event.defaultPrevented) return;
      if (form.hasAttribute("data-busy") || event.submitter?.getAttribute("aria-disabled") === "true") {
        event.preventDefault();
        return;
      }
      busy(form, true);
    });
  });
  // Back from the next page: the form is usable again.
  addEventListener("pageshow", (event) => {
    if (event.persisted) find("form[data-busy]", (form) => busy(form, false));
  });

  // "Send again" waits for its time; the sentence beside it counts.
  find("[data-wait]", (text) => {
    const button = document.getElementById(text.dataset.for);
    const template = text.dataset.text;
    const end = Date.now() + Number(text.dataset.wait) * 1000;
    if (!button || !template) return;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) {
        button.removeAttribute("aria-disabled");
        text.textContent = "";
        return;
      }
      button.setAttribute("aria-disabled", "true");
      text.textContent = template.replace("{seconds}", String(left));
      setTimeout(tick, 250);
    };
    tick();
  });

  // Times are written in UTC; here they become local ones.
  find("time[datetime]", (time) => {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) return;
    const format = { dateStyle: "medium", timeStyle: "short" };
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, format).format(date);
  });

  // Codes and keys can be copied, saved as a file and printed. The buttons are hidden where no
  // script would answer them.
  const linesOf = (id) => {
    const lines = [...document.querySelectorAll(`#${id} code`)].map((code) => code.textContent.trim());
    return lines.length ? lines.join("\n") : (document.getElementById(id)?.textContent.trim() ?? "");
  };
  const today = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long" }).format(new Date());
  find("time[data-today]", (time) => (time.textContent = today));

  find("[data-copy]", (button) => {
    const label = button.querySelector("span");
    const usual = label.textContent;
    button.hidden = !navigator.clipboard;
    label.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      const text = linesOf(button.dataset.copy);
      // A key is shown in groups, but is one word.
      const whole = button.hasAttribute("data-squeeze") ? text.replace(/\s/g, "") : text;
      try {
        await navigator.clipboard.writeText(whole);
      } catch {
        // Not allowed: select it, so that the reader's own copy command works.
        getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
        return;
      }
      label.textContent = button.dataset.done;
      setTimeout(() => (label.textContent = usual), 2500);
    });
  });
  find("[data-download]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const text = `${button.dataset.head}\n${today}\n\n${linesOf(button.dataset.download)}\n`;
      const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
      const link = Object.assign(document.createElement("a"), { href: url, download: button.dataset.file });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    });
  });
  find("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });

  // An answer that goes to an app by a form goes by itself.
  find("form[data-submit]", (form) => form.submit());
})();
