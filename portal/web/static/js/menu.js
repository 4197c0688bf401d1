// details[data-menu]: Escape closes it and returns the focus to its button; so does a press outside of it.
(() => {
  const opened = () => document.querySelectorAll("details[data-menu][open]");
  const holder = (menu) => menu.closest("nav") || menu;
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      const hasFocus = holder(menu).contains(document.activeElement);
      menu.open = false;
      if (hasFocus) menu.querySelector("summary").focus();
    }
  });
  addEventListener("click", (event) => {
    for (const menu of opened()) if (!holder(menu).contains(event.target)) menu.open = false;
  });
})();
