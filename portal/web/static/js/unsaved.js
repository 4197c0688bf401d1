// form[data-editor]: asks before the page is left with unsaved text. data-unsaved: the text was
// unsaved when the page was rendered.
(() => {
  const form = document.querySelector("form[data-editor]");
  if (!form) return;
  let sending = false;
  const changed = (field) => field.value !== field.defaultValue;
  const dirty = () => "unsaved" in form.dataset || [...form.querySelectorAll("textarea, input[name=slug]")].some(changed);
  form.addEventListener("submit", (event) => { sending = !event.defaultPrevented; });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => {
    if (!sending && dirty()) event.preventDefault();
  });
})();
