// [data-pictures-list]: pictures are put in order by dragging them, or by their buttons; a text is saved when it is changed.
// After each change the list is fetched again, with the texts that are not saved yet.
(() => {
  const list = document.querySelector("[data-pictures-list]");
  const order = document.getElementById("picture-order");
  if (!list || !order) return;
  const spoken = document.querySelector("[data-pictures-say]");
  const NOT_SAVED = "Not saved: the server does not answer.";
  const all = () => [...list.querySelectorAll("[data-picture]")];
  const ids = () => all().map((each) => each.dataset.picture).join(",");
  const say = (words) => { spoken.textContent = words; };
  let dragged = null;

  const fetched = async (response) => {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-pictures-list]");
    if (!response.ok || !fresh) throw new Error(page.querySelector("[role=alert]")?.textContent.trim() || NOT_SAVED);
    const typed = [...list.querySelectorAll("[data-picture-text] input")].filter((each) => each.value !== each.defaultValue);
    const [focus, places] = [document.activeElement, ["[data-pictures-left]", "#picture-order input[name=order]"]];
    list.replaceChildren(...fresh.childNodes);
    for (const each of typed) {
      const same = document.getElementById(each.id);
      if (same) same.value = each.value;
    }
    for (const place of places) {
      const [old, now] = [document.querySelector(place), page.querySelector(place)];
      if (old && now) old.replaceWith(now);
    }
    const left = page.querySelector("[data-pictures-left]")?.dataset.picturesLeft;
    for (const each of document.querySelectorAll("[data-upload] :is(input, button)")) each.disabled = left === "0";
    if (focus?.id) document.getElementById(focus.id)?.focus();
  };
  const post = async (form, body) => fetched(await fetch(form.action, { method: "POST", body }));
  const refresh = async () => { try { await fetched(await fetch(location.pathname)); } catch { location.reload(); } };

  const save = async () => {
    const body = new FormData(order);
    body.set("order", ids());
    try {
      await post(order, body);
      say("The order is saved.");
    } catch (error) {
      say(error.message);
      await refresh();
    }
  };
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-picture]");
    if (!dragged || event.target !== dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.picture);
    dragged.toggleAttribute("data-dragged", true);
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-picture]");
    if (!dragged || !over) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    if (over !== dragged) over[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
  });
  list.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
  list.addEventListener("dragend", () => {
    dragged?.removeAttribute("data-dragged");
    if (dragged && ids() !== order.elements.order.value) save();
    dragged = null;
  });
  list.addEventListener("pointerdown", (event) => {  // a text can be selected in its field, anything else drags
    const item = event.target.closest("[data-picture]");
    if (item) item.draggable = !event.target.closest("input, button") && !order.dataset.off;
  });
  list.addEventListener("change", async (event) => {
    const form = event.target.closest("[data-picture-text]");
    if (!form) return;
    try { await post(form, new FormData(form)); say("The text is saved."); } catch (error) { form.querySelector("[data-picture-saved]").textContent = error.message; }
  });
  document.addEventListener("pictures:changed", async () => { await refresh(); say("Your pictures are shown as they are now. Describe the new ones."); });
})();
