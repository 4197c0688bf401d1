// [data-key]: a button, link or field that a single key presses or focuses, outside of text fields. [data-keys] says which keys
// there are; its box switches them off for this browser. A key that is held down, or pressed again while a form is being sent,
// does nothing.
(() => {
  const [OFF, list] = ["single-keys-off", document.querySelector("[data-keys]")];
  if (!list) return;
  let sent = false;
  const box = list.querySelector("[data-keys-switch]");
  const stored = () => { try { return localStorage.getItem(OFF) === "yes"; } catch { return false; } };
  const store = (off) => { try { localStorage.setItem(OFF, off ? "yes" : "no"); } catch { /* it holds for this page */ } };
  const typing = (at) => at.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

  [list.hidden, box.checked] = [false, !stored()];
  box.addEventListener("change", () => store(!box.checked));
  addEventListener("pageshow", () => { sent = false; });
  document.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, altKey, metaKey, repeat, isComposing, target } = event;
    if (!box.checked || sent || ctrlKey || altKey || metaKey || repeat || isComposing || typing(target)) return;
    const found = document.querySelector(`[data-key="${CSS.escape(key.toLowerCase())}"]`);
    if (!found) return;
    event.preventDefault();
    if (found.matches("button, a")) found.click();
    else found.focus();
  });
})();
