// form[data-desk]: asks before the page is left with unsaved text. data-unsaved: the text was
// unsaved when the page was rendered. A request that the page makes by itself (a preview, a poll)
// never leads to the login: the text would be lost on the way.
(() => {
  const form = document.querySelector("form[data-desk]");
  if (!form) return;
  let sending = false;
  const changed = (field) => field.value !== field.defaultValue;
  const dirty = () => "unsaved" in form.dataset || [...form.querySelectorAll("textarea, input[name=slug]")].some(changed);
  form.addEventListener("submit", (event) => { sending = !event.defaultPrevented; });
  addEventListener("pageshow", () => { sending = false; });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status === 401) event.preventDefault();
  });
  addEventListener("beforeunload", (event) => {
    if (!sending && dirty()) event.preventDefault();
  });
})();
