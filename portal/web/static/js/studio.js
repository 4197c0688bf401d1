// The page of a section of a studio: a wrong field is marked as such after a save by the script, the button that only saves
// has nothing left to do, and on a phone the list of sections begins folded.
(() => {
  const form = document.querySelector("form[data-section]");
  if (!form) return;
  document.addEventListener("htmx:afterSettle", () => {
    for (const each of form.querySelectorAll("[aria-describedby$='-said']:not(fieldset)")) {
      const said = document.getElementById(`${each.id}-said`);
      if (said?.querySelector(".error")) each.setAttribute("aria-invalid", "true");
      else each.removeAttribute("aria-invalid");
    }
  });
  form.querySelector("[data-section-save]").hidden = true;
  if (matchMedia("(max-width: 860px)").matches) form.closest(".studio-form").querySelector(".studio-fold").open = false;
})();
