// A live incident: how long until an update leaves or is promised, and the text to begin with for
// the phase that is chosen. All times are on the page without it.
(() => {
  const SOON = 600;
  const words = (seconds) => {
    const left = Math.abs(Math.round(seconds));
    return left < 90 ? `${left} s` : left < 5400 ? `${Math.round(left / 60)} min` : `${Math.round(left / 3600)} h`;
  };
  const until = (text) => (Date.parse(text) - Date.now()) / 1000;
  const note = (element) => {
    element.said ??= element.appendChild(document.createElement("span"));
    return element.said;
  };
  const tick = () => {
    for (const element of document.querySelectorAll("[data-until]")) {
      const left = until(element.dataset.until);
      note(element).textContent = left > 0 ? `, in ${words(left)}` : ", which is now past";
    }
    for (const element of document.querySelectorAll("[data-promise]")) {
      const left = until(element.dataset.promise);
      element.classList.toggle("live-bad", left <= 0);
      element.classList.toggle("live-wary", left > 0 && left <= SOON);
      element.classList.toggle("live-busy", left > SOON);
    }
  };
  if (document.querySelector("[data-until], [data-promise]")) {
    tick();
    setInterval(tick, 1000);
  }
  const phase = document.querySelector("select[data-phase]");
  const text = phase && document.getElementById(phase.dataset.phase);
  if (!text) return;
  const starters = JSON.parse(text.dataset.starters);
  const isUntouched = () => !text.value.trim() || Object.values(starters).includes(text.value.trim());
  phase.addEventListener("change", () => {
    if (isUntouched()) text.value = starters[phase.value];
  });
})();
