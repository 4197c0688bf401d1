// Nothing typed is lost by what the page does on its own. The page of a run is reloaded when the run
// has moved on, and a request without a login (a poll, a preview) leads to the login page; if
// something was typed, a notice says so instead.
(() => {
  const LOGIN = "You are logged out. What you typed is still here: log in again in another tab, and go on.";
  const dirty = () =>
    [...document.querySelectorAll("main textarea, main input:not([type=hidden])")].some((field) =>
      field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
    );
  let said = document.querySelector("form[data-keep]") !== null;  // keep.js says it there
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401 || !dirty()) return;
    event.preventDefault();
    if (said) return;
    said = true;
    const notice = document.createElement("p");
    notice.className = "notice wary";
    notice.setAttribute("role", "status");
    document.querySelector("main").prepend(notice);
    setTimeout(() => { notice.textContent = LOGIN; }, 100);  // screen readers announce changes in it
  });
  document.addEventListener("run-moved", () => {
    const notice = document.querySelector("[data-run-moved]");
    if (!notice) return;
    if (dirty()) notice.hidden = false;
    else location.replace(notice.querySelector("a").href);
  });
})();
