// form[data-editor]: asks before the page is left with unsaved text. data-unsaved: the text was
// unsaved when the page was rendered.
(() => {
  const form = document.querySelector("form[data-editor]");
  if (!form) return;
  let sending = false;
  const { now, was } = window.controls;
  const changed = (field) => now(field) !== was(field);
  const fields = form.querySelectorAll("textarea, input[name=slug], [name^=field_]");
  const dirty = () => "unsaved" in form.dataset || [...fields].some(changed);
  form.addEventListener("submit", (event) => { sending = !event.defaultPrevented; });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => {
    if (!sending && dirty()) event.preventDefault();
  });
})();
