// Passkeys and security keys (W3C Web Authentication Level 3): asks the browser, puts its answer as
// JSON into the form's field `credential` and sends the form. Only pages that need it load it; the
// form comes from components/passkey.html. Nothing here decides anything: the server checks it all.
(() => {
  "use strict";

  const form = document.querySelector("form[data-webauthn]");
  const source = document.getElementById("webauthn-options");
  const button = document.getElementById("webauthn-start");
  if (!form || !source || !button) return;
  const status = document.getElementById("webauthn-status");
  const problem = document.getElementById("webauthn-problem");
  const creates = form.dataset.webauthn === "create";
  const starts = form.dataset.start;

  // Bytes and base64url ---------------------------------------------------

  const encode = (buffer) => {
    let text = "";
    for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
    return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const decode = (text) => {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer;
  };

  // Options, as the browser wants them ------------------------------------

  // For browsers that can't read the options as JSON.
  const revive = (json) => {
    const bytes = (entry) => ({ ...entry, id: decode(entry.id) });
    const options = { ...json, challenge: decode(json.challenge) };
    if (json.user) options.user = bytes(json.user);
    if (json.allowCredentials) options.allowCredentials = json.allowCredentials.map(bytes);
    if (json.excludeCredentials) options.excludeCredentials = json.excludeCredentials.map(bytes);
    return options;
  };
  const read = () => {
    const given = JSON.parse(source.textContent);
    const json = given.publicKey ?? given;
    const parse = creates ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
    return PublicKeyCredential[parse]?.(json) ?? revive(json);
  };

  // The answer, as the server wants it ------------------------------------

  const describe = (credential) => {
    const { response } = credential;
    const answer = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) answer[name] = encode(response[name]);
    }
    if (creates) answer.transports = response.getTransports?.() ?? [];
    return {
      id: credential.id,
      rawId: encode(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment ?? null,
      clientExtensionResults: credential.getClientExtensionResults?.() ?? {},
      response: answer,
    };
  };
  const write = (credential) => {
    // Some password managers hand out objects whose toJSON throws.
    try {
      return JSON.stringify(credential.toJSON());
    } catch {
      return JSON.stringify(describe(credential));
    }
  };

  // The dialogue ------------------------------------------------------------

  let running = null;
  let isAnswered = false;

  const tell = (text, isProblem) => {
    status.textContent = isProblem ? "" : text;
    if (isProblem) problem.querySelector("p").textContent = text;
    problem.hidden = !isProblem;
  };

  const send = (credential) => {
    isAnswered = true;
    form.elements.credential.value = write(credential);
    // Ticked beside the name, meant for either way.
    const stay = document.getElementById("f-remember_me");
    if (stay?.checked && stay.form !== form) stay.setAttribute("form", (form.id ||= "webauthn-form"));
    tell("", false);
    form.requestSubmit(button);
  };

  const explain = (error, isOwnIdea, began) => {
    const { cancelled, failed, registered, unsupported, again } = form.dataset;
    button.hidden = false;
    // Browsers that want a click first refuse at once: then the button is all that is needed.
    const wantsClick = isOwnIdea && error.name === "NotAllowedError" && performance.now() - began < 400;
    if (wantsClick) return tell("", false);
    if (starts !== "autofill") button.textContent = again;
    const texts = {
      NotAllowedError: cancelled,
      AbortError: cancelled,
      InvalidStateError: creates ? registered : failed,
      SecurityError: unsupported,
      NotSupportedError: unsupported,
    };
    tell(texts[error.name] ?? failed, true);
  };

  /** Asks once. `mediation` "conditional" waits silently until a passkey is picked from the field's list. */
  const ask = async ({ isOwnIdea = false, mediation } = {}) => {
    // A new question ends the one before, which then has nothing more to say.
    running?.abort();
    const own = (running = new AbortController());
    const began = performance.now();
    if (!mediation) tell(form.dataset.waiting, false);
    try {
      const request = { publicKey: read(), signal: own.signal, ...(mediation && { mediation }) };
      const { credentials } = navigator;
      const credential = await (creates ? credentials.create(request) : credentials.get(request));
      if (running === own && credential) send(credential);
    } catch (error) {
      if (running !== own || own.signal.aborted) return;
      if (!mediation) explain(error, isOwnIdea, began);
      // Picked and then called off: the field's list stays. What fails at once would fail for ever.
      else if (performance.now() - began > 1000) ask({ mediation });
    }
  };

  const offerInField = async () => {
    const isOffered = await PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false);
    if (isOffered) ask({ mediation: "conditional" });
    else offerButton();
  };
  const offerButton = () => {
    button.hidden = false;
    document.querySelector("[data-with=webauthn-start]")?.removeAttribute("hidden");
  };

  // Before flowgate.js sees the submit: the form is sent once there is something to send.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return running?.abort();
    if (isAnswered) return;
    event.preventDefault();
    ask();
  }, true);

  // Back from the next page: the answer is spent, a new one is needed.
  addEventListener("pagehide", () => running?.abort());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isAnswered = false;
    form.elements.credential.value = "";
    tell("", false);
  });

  const isSupported = Boolean(globalThis.PublicKeyCredential && navigator.credentials);
  if (!isSupported) {
    // On the first page there is a name to type; elsewhere somebody waits for an explanation.
    if (starts !== "autofill" && !form.classList.contains("passkey")) tell(form.dataset.unsupported, true);
    return;
  }
  if (starts === "autofill") offerInField();
  else {
    offerButton();
    if (document.activeElement === document.body && !form.classList.contains("passkey")) button.focus({ preventScroll: true });
    // A page that is only loaded ahead, or reached by going back, asks for nothing by itself.
    const [visit] = performance.getEntriesByType("navigation");
    if (starts === "auto" && !document.hidden && visit?.type !== "back_forward") ask({ isOwnIdea: true });
  }
})();
