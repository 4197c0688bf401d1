// A run: what was just done is announced, and after a step has ended while the page was open, the
// focus is where the work goes on, as it is after a button (the address ends with #due then).
(() => {
  const MOVED = "run-moved";
  for (const element of document.querySelectorAll("[data-announce]")) {
    const said = [...element.childNodes];
    element.replaceChildren();
    setTimeout(() => element.replaceChildren(...said), 100);  // screen readers announce changes in it
  }
  document.addEventListener(MOVED, () => sessionStorage.setItem(MOVED, location.pathname));
  if (sessionStorage.getItem(MOVED) === location.pathname) {
    document.getElementById("due")?.focus();
  }
  sessionStorage.removeItem(MOVED);
})();
