// Headings of a text have ids with a prefix, to avoid conflicts with the page's own ids. An
// address with the plain id, as in #how-we-fixed-it, still scrolls to the heading.
(() => {
  const follow = () => {
    let name;
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    if (!name || document.getElementById(name)) return;
    const found = [name, name.toLowerCase()].map((each) => `user-content-${each}`).find((id) => document.getElementById(id));
    if (found) location.replace(`#${encodeURIComponent(found)}`);
  };
  window.addEventListener("hashchange", follow);
  follow();
})();
