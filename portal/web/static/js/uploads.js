// form[data-upload]: chosen or dropped pictures are sent one at a time, two at once, each with its progress and the
// server's sentence; what did not arrive can be sent again. Then [data-pictures-list] is fetched again.
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const [field, most] = [form.querySelector("input[type=file]"), Number(form.dataset.uploadMost)];
  const [drop, results] = [form.querySelector("[data-drop]"), document.querySelector("[data-upload-results]")];
  const NO_ANSWER = "It was not sent: the server does not answer.";
  const SAID = { 400: "This page is out of date. Reload it, then send the picture again.", 413: "The file is too large.", 429: "Too many at once. Send it again in a few seconds.", 503: "It can’t be stored at the moment." };
  const waiting = [];
  let running = 0;
  const element = (name, words, className = "") => Object.assign(document.createElement(name), { textContent: words, className });
  const line = (file) => {
    const [item, said] = [element("li", ""), element("span", "Waiting …")];
    const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0, hidden: true });
    bar.setAttribute("aria-label", `Sending ${file.name}`);
    item.append(element("strong", file.name.slice(0, 80)), " ", said, bar);
    results.append(item);
    const say = (words, kind = "") => { said.textContent = words; item.className = kind; };
    const again = () => {
      const button = Object.assign(element("button", "Send again", "button button-secondary"), { type: "button" });
      button.addEventListener("click", () => { item.remove(); add([file]); });
      item.append(button);
    };
    return { bar, say, again };
  };
  const sentence = (request) => {
    try { return JSON.parse(request.responseText).said || SAID[request.status]; } catch { return SAID[request.status] || NO_ANSWER; }
  };
  const send = (file, { bar, say, again }) => new Promise((done) => {
    const [request, body] = [new XMLHttpRequest(), new FormData()];
    body.append("csrf_token", form.elements.csrf_token.value);
    body.append(field.name, file);
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
      say(event.loaded < event.total ? `${Math.floor((100 * event.loaded) / event.total)} %` : "Being prepared …");
    });
    request.addEventListener("loadend", () => {
      bar.hidden = true;
      const isAdded = request.status === 200;
      say(request.status ? sentence(request) || NO_ANSWER : NO_ANSWER, isAdded ? "good" : "bad");
      if (!isAdded && [0, 401, 408, 429, 502, 503, 504].includes(request.status)) again();
      done(isAdded);
    });
    bar.hidden = false;
    request.send(body);
  });
  const next = async () => {
    const [file, shown] = waiting.shift();
    running += 1;
    await send(file, shown).finally(() => { running -= 1; });
    if (waiting.length) next();
    else if (!running) document.dispatchEvent(new CustomEvent("pictures:changed"));
  };
  const add = (files) => {
    for (const [file, shown] of files.map((each) => [each, line(each)])) {
      if (file.size > most) shown.say(`The file is larger than ${most / 1e6} MB. Save it smaller first.`, "bad");
      else waiting.push([file, shown]);
    }
    while (running < 2 && waiting.length) next();
  };

  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      if (field.disabled || ![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      drop.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") add([...event.dataTransfer.files]);
    });
  }
  form.addEventListener("submit", (event) => {
    if (field.files.length) event.preventDefault();
    add([...field.files]);
    field.value = "";
  });
  addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
  form.querySelector("[data-drop-hint]").hidden = field.disabled;
})();
