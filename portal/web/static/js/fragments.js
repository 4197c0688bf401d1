// Headings of a text have ids with a prefix, so that they can't be the page's own. An address that names a heading plainly,
// as in #how-we-fixed-it, leads there all the same.
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
