// The page of a run whose action is under way asks each second whether the run has moved on. When it has, the page is
// loaded again; with something typed on it, a notice offers that instead, so that nothing is lost.
(() => {
  const dirty = () =>
    [...document.querySelectorAll("main textarea, main input:not([type=hidden])")].some((field) =>
      field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
    );
  document.addEventListener("run-moved", () => {
    const notice = document.querySelector("[data-run-moved]");
    if (!notice) return;
    if (dirty()) notice.hidden = false;
    else location.replace(notice.querySelector("a").href);
  });
})();
