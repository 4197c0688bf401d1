// data-copy: a button that copies its value, or the text of the <pre> in its .code block.
(() => {
  const text = (button) => button.dataset.copy || button.closest(".code").querySelector("pre").innerText;
  const copy = async (button) => {
    await navigator.clipboard.writeText(text(button));
    if (button.textContent === "Copied") return;
    const label = [...button.childNodes];
    button.replaceChildren("Copied");
    setTimeout(() => button.replaceChildren(...label), 2000);
  };
  const show = (root) => {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("htmx:load", (event) => show(event.detail.elt));
  show(document);
})();
