// The controls of a form by name, for other scripts: now(each) is what one says, was(each) what was saved last, and
// kept(each, value) notes what was saved. An unchecked box says "".
window.controls = (() => {
  const isBox = (each) => each.type === "checkbox";
  const first = (each) => [...each.options].find((option) => option.defaultSelected) || each.options[0] || { value: "" };
  const given = (each) => (isBox(each) ? (each.defaultChecked ? each.value : "") : each.options ? first(each).value : each.defaultValue);
  const now = (each) => (isBox(each) && !each.checked ? "" : each.value);
  const was = (each) => each.dataset.kept ?? given(each);
  const kept = (each, value) => {
    if (isBox(each) || each.options) each.dataset.kept = value;
    else each.defaultValue = value;
  };
  const all = (form, name) => [...form.elements].filter((each) => each.name === name);
  return { all, now, was, kept };
})();
