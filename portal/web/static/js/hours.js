// dl[data-hours]: a studio's week in the zone of that name. Today comes first, and a sentence says whether the studio is open
// at this moment. The page may be some minutes old, so only this script says so; without it the week begins with Monday.
(() => {
  const week = document.querySelector("dl[data-hours]");
  const said = document.querySelector("[data-hours-now]");
  if (!week || !said) return;
  const [zone, DAY, SHORT] = [week.dataset.hours, 1440, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]];
  const WEEK = 7 * DAY;
  const days = [...week.children].map((row) => ({ row, name: row.querySelector("dt").textContent }));
  const spans = days.flatMap(({ row }, day) =>
    row.dataset.spans.split(" ").filter(Boolean).map((span) => span.split("-").map((minute) => day * DAY + Number(minute))),
  );
  // What is open past midnight is one span, also from Sunday to Monday.
  const joined = spans.reduce((found, [from, to]) => {
    if (found.length && found.at(-1)[1] === from) found.at(-1)[1] = to;
    else found.push([from, to]);
    return found;
  }, []);
  if (joined.length > 1 && joined[0][0] === 0 && joined.at(-1)[1] === WEEK) joined.at(-1)[1] += joined[0][1];

  let parts;
  try {
    parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  } catch {
    return;  // a zone that this browser doesn't know
  }
  const there = () => {
    const now = Object.fromEntries(parts.formatToParts(new Date()).map(({ type, value }) => [type, value]));
    return { day: SHORT.indexOf(now.weekday), minute: Number(now.hour) * 60 + Number(now.minute), clock: `${now.hour}:${now.minute}` };
  };
  const clock = (minute) => {
    const [hours, rest] = [Math.floor((minute % DAY) / 60), minute % 60];
    return minute % DAY ? `${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}` : "midnight";
  };
  const when = (minute, day) => {
    const ahead = Math.floor(minute / DAY) - day;
    return ahead === 0 ? `at ${clock(minute)}` : `${ahead === 1 ? "tomorrow" : days[(day + ahead) % 7].name} at ${clock(minute)}`;
  };
  const state = ({ day, minute }) => {
    const now = day * DAY + minute;
    const open = joined.find(([from, to]) => (from <= now && now < to) || (from <= now + WEEK && now + WEEK < to));
    if (open && open[1] - open[0] === WEEK) return [true, "at all hours"];
    if (open) {
      const end = open[1] - (now < open[0] ? WEEK : 0);
      return [true, end - 1 < (day + 1) * DAY ? `until ${clock(end)}` : `until ${when(end, day)}`];
    }
    const next = joined.find(([from]) => from > now)?.[0] ?? joined[0][0] + WEEK;
    return [false, `opens ${when(next, day)}`];
  };
  const here = () => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());

  let shown;
  const tick = () => {
    const now = there();
    const [isOpen, rest] = state(now);
    const strong = document.createElement("strong");
    strong.textContent = isOpen ? "Open now" : "Closed now";
    const elsewhere = now.clock === here() ? "" : ` It is ${now.clock} there.`;
    said.replaceChildren(strong, `, ${rest}.${elsewhere}`);
    said.classList.toggle("is-open", isOpen);
    said.hidden = false;
    if (now.day === shown) return;
    shown = now.day;
    days.forEach(({ row, name }, day) => {
      row.toggleAttribute("aria-current", day === shown);
      if (day === shown) row.setAttribute("aria-current", "date");
      row.querySelector("dt").textContent = day === shown ? "Today" : name;
    });
    week.append(...[...days.slice(shown), ...days.slice(0, shown)].map(({ row }) => row));
  };
  tick();
  setInterval(tick, 15_000);
})();
