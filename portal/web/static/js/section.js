// form[data-section]: htmx saves it as it is typed; this shows what became of that. A save that failed is tried again, what
// was typed last is sent when the page is left, and a login that ended is said with a link. Nothing typed is lost.
(() => {
  const form = document.querySelector("form[data-section]");
  if (!form) return;
  const [shown, spoken, login] = [document.getElementById("saved"), form.querySelector("[data-section-say]"), form.querySelector("[data-section-login]")];
  const AGAIN = 5000, SPOKEN_AGAIN = 30000;
  let [dirty, busy, failed, sending, timer, state, at, pressed] = [false, false, false, false, 0, "", 0, null];

  const say = (next, sentence) => {  // announced when the state changes, not each time
    if (sentence) {
      shown.replaceChildren(Object.assign(document.createElement("span"), { className: "saved-not", textContent: sentence }));
    }
    if (next !== state || Date.now() - at > SPOKEN_AGAIN) [spoken.textContent, at] = [shown.textContent.trim(), Date.now()];
    state = next;
    login.hidden = next !== "login";
  };
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (dirty || failed) htmx.trigger(form, "save-again"); }, AGAIN);
  };
  const lost = (next, sentence) => {
    failed = true;
    say(next, sentence);
    again();
  };
  const renew = async () => {  // a login in another tab has another token; the server checks whose it is
    const answer = await fetch(location.href).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page && page.querySelector("form[data-section] input[name=csrf_token]");
    if (token) form.elements.csrf_token.value = token.value;
  };

  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", (event) => {  // first the save that is under way: it gives the page another version
    sending = !busy && !failed;
    if (sending) return;
    event.preventDefault();
    if (busy) pressed = event.submitter;
    else htmx.trigger(form, "save-again");
  });
  addEventListener("pageshow", (event) => {
    sending = false;
    if (event.persisted && !dirty && !failed) location.reload();
  });
  document.addEventListener("htmx:beforeRequest", () => { [busy, dirty] = [true, false]; });
  document.addEventListener("htmx:afterRequest", () => {
    busy = false;
    const button = pressed;
    pressed = null;
    if (button) setTimeout(() => form.requestSubmit(button), 60);
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {  // 401 leads to the login, which would lose what is typed
    const { status } = event.detail.xhr;
    if (status !== 401 && status !== 400) return;
    event.preventDefault();
    lost("login", "Not saved: you are logged out. Log in in another tab; what you typed is still here and is saved then.");
    renew();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const isOurs = xhr.responseText.includes("studio-sections");
    event.detail.shouldSwap = isOurs;
    if (!isOurs) return lost("failed", "Not saved: the site could not do it. What you typed is still here.");
    event.detail.isError = false;
    failed = xhr.status === 503;
    if (failed) again();
  });
  document.addEventListener("htmx:afterSettle", () => say(shown.firstElementChild?.className, ""));
  for (const name of ["sendError", "timeout"]) {
    document.addEventListener(`htmx:${name}`, () => lost("silent", "Not saved: the site does not answer. What you typed is still here."));
  }
  addEventListener("pagehide", () => {
    if (dirty && !busy && !sending && !failed) navigator.sendBeacon(form.action, new FormData(form));
  });
  addEventListener("beforeunload", (event) => {
    if (!sending && (failed || (dirty && busy))) event.preventDefault();
  });
})();
