// [data-refreshed]: a part of a page that asks for itself (hx-trigger="every …"), such as home. It rests in a hidden tab and while
// something in it is typed or marked, keeps the focus and what is unfolded, says what changed in its heading, and says
// when what it shows could not be refreshed, for whatever reason, also that no answer comes.
(() => {
  const part = () => document.querySelector("[data-refreshed]");
  if (!part()) return;
  const [stale, changed] = [document.getElementById(`${part().id}-stale`), document.getElementById(`${part().id}-changed`)];
  const heading = () => part()?.querySelector("h1")?.textContent.trim() ?? "";
  let [since, woken, focus, folds, before, pressed] = [new Date(), new Date(), null, [], heading(), false];

  const typed = () => [...part().querySelectorAll("textarea, input:not([type=hidden])")].some((each) => each.value !== each.defaultValue);
  const marked = () => !getSelection().isCollapsed && part().contains(getSelection().anchorNode);
  const mine = (event) => event.detail.requestConfig?.elt.id === part().id;  // after a swap, detail.elt is another
  const named = (each) => [each.tagName, each.id, each.getAttribute("href"), each.closest("form")?.getAttribute("action"), each.textContent.trim()].join(" ");

  const say = (why) => {
    stale.hidden = false;
    const sentence = `Not refreshed since ${since.toTimeString().slice(0, 8)}: ${why} What is shown may be out of date.`;
    if (stale.textContent !== sentence) setTimeout(() => { stale.textContent = sentence; }, 100);
    part().classList.add("is-stale");
  };
  addEventListener("pointerdown", () => { pressed = true; });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { setTimeout(() => { pressed = false; }, 300); });
  document.addEventListener("visibilitychange", () => {
    woken = new Date();
    if (!document.hidden) document.body.dispatchEvent(new Event("look-again"));
  });
  setInterval(() => {
    const rests = typed() || marked();
    if (document.hidden || !stale.hidden || Date.now() - Math.max(since, woken) < 60000) return;
    say(rests ? "something in it is typed or marked." : "the server does not answer.");
  }, 5000);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (mine(event) && (document.hidden || pressed || typed() || marked())) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!mine(event)) return;
    const { detail } = event;
    const isIt = detail.xhr.status === 200 && detail.xhr.responseText.includes(`id="${part().id}"`);
    if (!isIt || pressed || typed() || marked()) { detail.shouldSwap = false; return; }
    focus = part().contains(document.activeElement) ? named(document.activeElement) : null;
    folds = [...part().querySelectorAll("details[open]")].map((each) => each.id);
    before = heading();
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of folds) document.getElementById(id)?.setAttribute("open", "");
    if (focus) [...part().querySelectorAll("a, button, summary")].find((each) => named(each) === focus)?.focus({ preventScroll: true });
    [focus, folds] = [null, []];
    if (heading() !== before) changed.textContent = before = heading();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!mine(event)) return;
    const { xhr, successful } = event.detail;
    if (!successful) return say(xhr.status ? `the server answers ${xhr.status}.` : "the server does not answer.");
    if (!xhr.responseText.includes(`id="${part().id}"`)) return say("this page is not for this account any more.");
    since = new Date();
    [stale.hidden, stale.textContent] = [true, ""];
    part().classList.remove("is-stale");
  });
})();
