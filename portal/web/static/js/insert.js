// button[data-insert]: puts its words into the text of the form, or into the line that was typed in last, at the cursor.
(() => {
  const buttons = [...document.querySelectorAll("button[data-insert]")];
  if (!buttons.length) return;
  const { form } = buttons[0];
  let place = form.querySelector("textarea[data-pictures]");
  const holds = (each) => each.matches("textarea[data-pictures], input[data-takes-insertions]");
  form.addEventListener("focusin", (event) => { if (holds(event.target)) place = event.target; });
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      place.setRangeText(button.dataset.insert, place.selectionStart, place.selectionEnd, "end");
      place.focus();
      place.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
})();
