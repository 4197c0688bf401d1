// An address from before there were tabs, /ops/databases#development, opens the tab of that name.
(() => {
  document.addEventListener("DOMContentLoaded", () => {
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (!wanted || document.getElementById(wanted)) return;
    const named = (link) => new URL(link.href).searchParams.get("database");
    const tab = [...document.querySelectorAll("[data-anchors] a")]
      .find((link) => wanted === named(link) || wanted.startsWith(`${named(link)}-`));
    if (tab) location.replace(`${tab.href}${location.hash}`);
  });
})();
