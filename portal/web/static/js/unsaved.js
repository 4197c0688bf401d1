// form[data-desk]: leaving the page with words that are not saved asks first. data-unsaved: they were not saved when
// the page was made either.
(() => {
  const form = document.querySelector("form[data-desk]");
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
