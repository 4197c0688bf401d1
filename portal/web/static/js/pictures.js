// textarea[data-pictures]: pictures that are dropped, pasted or chosen are uploaded to that
// address, and their Markdown is inserted at the cursor. The alternative text is typed next to
// the file, or in the selection afterwards.
(() => {
  const text = document.querySelector("textarea[data-pictures]");
  if (!text) return;
  const form = text.form;
  const file = form.querySelector("input[name=picture]");
  const shows = form.querySelector("input[name=shows]");
  const say = (words) => { form.querySelector("[data-pictures-say]").textContent = words; };
  const pictures = (data) => [...(data ? data.files : [])].filter((each) => each.type.startsWith("image/"));
  const escaped = (words) => words.trim().replace(/[[\]\\`*_<>&!]/g, "\\$&");

  const send = async (picture) => {
    const body = new FormData();
    body.append("picture", picture);
    const headers = { "X-CSRFToken": form.elements.csrf_token.value };
    const answer = await fetch(text.dataset.pictures, { method: "POST", body, headers });
    if (answer.status === 413) return { error: "The picture is too large." };
    return answer.json().catch(() => ({ error: "The picture could not be sent. Reload the page and try again." }));
  };
  const insert = (address, words) => {
    const start = text.selectionStart;
    const lead = start && text.value[start - 1] !== "\n" ? "\n\n" : "";
    const label = escaped(words) || "What the picture shows";
    text.setRangeText(`${lead}![${label}](${address})\n`, start, text.selectionEnd, "end");
    const from = start + lead.length + 2;
    if (!words.trim()) text.setSelectionRange(from, from + label.length);
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const add = async (found, words = "") => {
    for (const picture of found) {
      say(`Sending ${picture.name} …`);
      try {
        const { address, error } = await send(picture);
        if (address) insert(address, words);
        say(error || `${picture.name} is in the text.`);
      } catch {
        say("The picture could not be sent: there is no connection.");
      }
    }
  };

  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    text.toggleAttribute("data-over", event.type === "dragover");
  };
  text.addEventListener("dragover", over);
  text.addEventListener("dragleave", over);
  text.addEventListener("drop", (event) => {
    const found = pictures(event.dataTransfer);
    if (![...event.dataTransfer.types].includes("Files")) return;
    over(event);
    if (found.length) add(found);
    else say("Only pictures can be put into a text.");
  });
  text.addEventListener("paste", (event) => {
    const found = pictures(event.clipboardData);
    if (!found.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(found);
  });
  form.querySelector("[data-pictures-add]").addEventListener("click", async (event) => {
    event.preventDefault();
    if (!file.files.length) return say("Choose a picture first.");
    await add([...file.files], shows.value);
    file.value = shows.value = "";
  });
  form.querySelector("[data-pictures-hint]").hidden = false;
})();
