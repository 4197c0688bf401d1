// Polling (hx-trigger="every …"). If a request is refused, polling stops with a message; in a
// hidden tab it continues twice a minute; if the server does not answer, or is busy, every five
// seconds.
(() => {
  const [HIDDEN, SILENT] = [30000, 5000];
  const GONE = "No longer updated: what this page followed is gone. Load the page again to see what is there.";
  const REFUSED = "No longer updated: this account may not see it any more. Load the page again to see what it may.";
  const [asked, silent, stopped] = [new Map(), new Set(), new Set()];
  const what = ({ requestConfig: { elt, path } }) =>
    elt.getAttribute("hx-trigger")?.startsWith("every") ? { elt, place: new URL(path, location.href).pathname } : null;

  const say = (elt, sentence) => {
    const notice = document.createElement("p");
    notice.className = "notice wary";
    notice.setAttribute("role", "status");
    (elt.closest("table") ?? elt).insertAdjacentElement("beforebegin", notice);
    setTimeout(() => { notice.textContent = sentence; }, 100);  // screen readers announce changes in it
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    const poll = what(event.detail);
    if (!poll) return;
    const pause = document.hidden ? HIDDEN : silent.has(poll.place) ? SILENT : 0;
    const since = Date.now() - (asked.get(poll.place) ?? -Infinity);
    if (stopped.has(poll.place) || since < pause) event.preventDefault();
    else asked.set(poll.place, Date.now());
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const poll = what(detail);
    if (!poll) return;
    const { status } = detail.xhr;
    if ([403, 404, 405, 410].includes(status) && !stopped.has(poll.place)) {  // 401 redirects to the login
      stopped.add(poll.place);
      say(poll.elt, [404, 410].includes(status) ? GONE : REFUSED);
    }
    if (status >= 200 && status < 300) silent.delete(poll.place);
    else silent.add(poll.place);
  });
})();
