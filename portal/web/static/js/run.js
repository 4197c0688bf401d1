// The page of a run polls each second while an action is running. When the run has moved on, the
// page is reloaded; if something was typed, a notice offers that instead, so that nothing is
// lost.
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
