// Headings of a text have ids with a prefix, to avoid conflicts with the page's own ids. An
// address with the plain id, as in #how-we-fixed-it, still scrolls to the heading. What an address
// leads to is unfolded.
(() => {
  const unfold = (element) => {
    for (let fold = element?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  };
  const follow = () => {
    let name;
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    if (!name) return;
    if (document.getElementById(name)) {
      unfold(document.getElementById(name));
      return;
    }
    const found = [name, name.toLowerCase()].map((each) => `user-content-${each}`).find((id) => document.getElementById(id));
    if (found) location.replace(`#${encodeURIComponent(found)}`);
  };
  window.addEventListener("hashchange", follow);
  follow();
})();
