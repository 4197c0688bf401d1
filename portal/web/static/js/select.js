// A table whose rows have boxes: one box for all of them, and how many are ticked. Without this script a link ticks all.
for (const form of document.querySelectorAll("[data-select]")) {
  const all = form.querySelector("[data-select-all]");
  const box = all.querySelector("input");
  const said = form.querySelector("[data-select-count]");
  const rows = [...form.querySelectorAll('input[name="numbers"]')];
  const count = () => {
    const ticked = rows.filter((each) => each.checked).length;
    box.checked = ticked === rows.length;
    box.indeterminate = ticked > 0 && ticked < rows.length;
    said.textContent = ticked ? `${ticked} selected` : "";
  };
  all.hidden = false;
  form.querySelector("[data-select-link]").hidden = true;
  box.addEventListener("change", () => {
    for (const each of rows) each.checked = box.checked;
    count();
  });
  form.addEventListener("change", (event) => event.target.name === "numbers" && count());
  count();
}
