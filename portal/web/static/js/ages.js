// <time data-age="9">: seconds since something was measured, when the server said it. It goes on counting, by differences of this
// machine's clock alone: what it shows as the time of day does not matter.
(() => {
  const words = (seconds) =>
    seconds < 90 ? `${seconds} s ago` : seconds < 5400 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
  const tick = () => {
    for (const each of document.querySelectorAll("[data-age]")) {
      each.begun ??= Date.now() - 1000 * Number(each.dataset.age);
      each.textContent = words(Math.max(0, Math.round((Date.now() - each.begun) / 1000)));
    }
  };
  tick();
  setInterval(tick, 1000);
})();
