// .gallery: a picture opens whole, above the page, with the arrow keys for the others. Without a script its link leads to the file.
(() => {
  const links = [...document.querySelectorAll(".gallery a")];
  if (!links.length || !window.HTMLDialogElement) return;
  const make = (name, parts, ...inside) => {
    const made = Object.assign(document.createElement(name), parts);
    made.append(...inside);
    return made;
  };
  const image = make("img", { alt: "" });
  const caption = make("figcaption", {});
  caption.setAttribute("role", "status");
  let at = 0;
  const show = (next) => {
    at = (next + links.length) % links.length;
    const own = links[at].querySelector("img");
    const [alt, width, height] = ["alt", "width", "height"].map((name) => own.getAttribute(name));
    Object.assign(image, { src: links[at].href, alt, width, height });
    caption.textContent = [alt, links.length > 1 && `${at + 1} of ${links.length}`].filter(Boolean).join(" · ");
  };
  const button = (label, sign, act) => {
    const made = make("button", { type: "button", className: "button button-secondary icon-only", ariaLabel: label }, sign);
    made.addEventListener("click", act);
    return made;
  };
  const dialog = make("dialog", { className: "lightbox", ariaLabel: "Pictures" });
  const ways = links.length > 1 ? [button("Previous picture", "←", () => show(at - 1)), button("Next picture", "→", () => show(at + 1))] : [];
  dialog.append(make("figure", {}, image, caption), make("div", { className: "lightbox-ways" }, ...ways, button("Close", "✕", () => dialog.close())));
  dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step && links.length > 1) show(at + step);
  });
  dialog.addEventListener("close", () => links[at].focus());
  document.body.append(dialog);
  links.forEach((link, number) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;  // a tab of its own
    event.preventDefault();
    show(number);
    dialog.showModal();
  }));
})();
