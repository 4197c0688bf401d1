// form[data-keep]: the fields named in data-keep-fields are sent to that address within five seconds of a change, and when the
// page is left, so that a crash loses nothing. The server's response is written to the form's hidden fields.
(() => {
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const [shown, spoken, way] = ["say", "tell", "login"].map((part) => form.querySelector(`[data-keep-${part}]`));
  const [names, along] = [form.dataset.keepFields.split(" "), form.dataset.keepAlong.split(" ")];
  const [{ all, now, was, kept }, field] = [window.controls, (name) => form.elements[name]];
  const words = (said) => JSON.stringify(names.map((name) => all(form, name).map(said)));
  const NO_ANSWER = "Not saved: the server does not answer; your words are still here.";
  const LOGIN = "Not saved. Log in again in another tab, then it is saved.";
  const OTHER = "Not saved: somebody else is logged in to this browser now. Copy your words before you go on.";
  let saved = "unsaved" in form.dataset ? "" : words(was);
  let [timer, last, busy, leaving, passing, state] = [0, 0, null, false, false, ""];

  const say = (next, sentence) => {  // announced when the state changes, not each time
    shown.textContent = sentence;
    if (next !== state) spoken.textContent = sentence;
    form.dataset.keepState = state = next;
    way.hidden = next !== "login";
    return next;
  };
  const plan = () => { timer ||= setTimeout(save, Math.max(1000, 5000 - (Date.now() - last))); };
  const renew = async () => {  // a login in another tab changes the token; check first whose it is
    const answer = await fetch(form.dataset.keepToken, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return say("login", LOGIN);
    const { csrf_token: token, writer } = await answer.json();
    if (String(writer) !== field("writer").value) return say("other", OTHER);
    for (const each of document.querySelectorAll("input[name=csrf_token]")) each.value = token;
    return null;
  };
  const post = (keepalive) => {
    const body = new FormData();
    const sent = [["csrf_token", ...along].map(field), ...names.map((name) => all(form, name))].flat();
    for (const each of sent) if (each.type !== "checkbox" || each.checked) body.append(each.name, each.value);
    const outlives = keepalive && sent.map((each) => each.value).join("").length < 20000;  // a browser's limit is 64 kB
    const how = { headers: { "HX-Request": "true" }, keepalive: outlives, signal: AbortSignal.timeout(15000) };
    return fetch(form.dataset.keep, { method: "POST", body, ...how });
  };
  const send = async (sent, values, keepalive) => {
    let answer = await post(keepalive);
    const trouble = [400, 401].includes(answer.status) && ((await renew()) || (answer = await post(keepalive)) && "");
    if (trouble) return trouble;
    const { fields, said } = await answer.json().catch(() => ({}));
    if (!answer.ok) return said ? say("refused", `Not saved: ${said}`) : say("failed", NO_ANSWER);
    for (const [name, value] of Object.entries(fields)) field(name).value = value;
    names.forEach((name, at) => all(form, name).forEach((each, of) => kept(each, values[at][of])));
    delete form.dataset.unsaved;
    saved = sent;
    return say(said ? "apart" : "saved", `Saved ${new Date().toTimeString().slice(0, 8)}. ${said}`.trim());
  };
  const save = async (keepalive = false) => {
    timer = clearTimeout(timer);
    if (busy && keepalive !== true) await busy;
    const sent = words(now);
    if (sent === saved || leaving) return state;
    last = Date.now();
    busy = send(sent, JSON.parse(sent), keepalive === true).catch(() => say("silent", NO_ANSWER));
    const next = await busy;
    busy = null;
    if (words(now) !== (next === "refused" ? sent : saved)) plan();
    return next;
  };

  form.addEventListener("input", (event) => { if (names.includes(event.target.name)) plan(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });
  for (const [name, act] of [["pagehide", () => save(true)], ["pageshow", () => { leaving = false; }]]) addEventListener(name, act);
  addEventListener("focus", () => { if (state === "login" || state === "silent") save(); });
  document.addEventListener("submit", async (event) => {  // first the request in progress, then the submission
    const own = event.target === form;
    if (passing || !(busy || (own && words(now) !== saved))) { leaving = true; return; }
    event.preventDefault();
    const next = await (own ? save() : busy);
    if (own && ["login", "silent", "other"].includes(next)) return shown.scrollIntoView({ block: "center" });
    passing = true;
    event.target.requestSubmit(event.submitter);
    passing = false;
  }, true);
  if (saved === "") plan();
})();
