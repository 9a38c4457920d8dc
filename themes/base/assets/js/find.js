// Lists and search. Without this file filters are a form with a button, and search a page of results.

const told = document.body.appendChild(document.createElement("div"));
told.className = "vh";
told.setAttribute("role", "status");

// A filter that is chosen takes effect at once: the list is replaced in place, and focus and the open
// panel stay where they are. The latest choice wins.
let asked = 0;
async function refilter(address, remember = true) {
  const mine = ++asked;
  const open = document.querySelector(".filters")?.open;
  const at = document.activeElement;
  const same = at?.name ? `[name="${CSS.escape(at.name)}"]${at.type === "checkbox" ? `[value="${CSS.escape(at.value)}"]` : ""}` : "";
  const caret = at?.selectionStart;
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    const main = document.getElementById("main");
    main.replaceChildren(...page.getElementById("main").childNodes);
    if (remember) history.pushState({ list: true }, "", address);
    prepare();
    const filters = document.querySelector(".filters");
    if (filters && open) filters.open = true;
    const again = (same && main.querySelector(`.toolbar ${same}`)) || filters?.querySelector("summary") || main;
    again.focus({ preventScroll: true });
    if (caret != null && again.type === "text") again.setSelectionRange(caret, caret);
    told.textContent = main.querySelector("[data-count]")?.textContent ?? "";
  } catch {
    if (mine === asked) location.assign(address);
  }
}

function addressOf(form) {
  const query = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...query]) if (!value) query.delete(name, value);
  if (query.get("sort") === "featured") query.delete("sort");
  return `${form.getAttribute("action")}?${query}`;
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-filter]")) refilter(addressOf(form));
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filter]")) return;
  event.preventDefault();
  refilter(addressOf(event.target));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-refilter]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  refilter(link.href);
});
addEventListener("popstate", () => refilter(location.href, false));

function prepare() {
  for (const button of document.querySelectorAll("[data-filter] > button")) button.hidden = true;
  const form = document.querySelector("[data-suggest]");
  if (form) suggest(form);
}

// The search field offers what might be meant, as a combobox of the ARIA practices: focus stays in the
// field, the arrows move through the offers, Enter follows one, Escape closes them.
function suggest(form) {
  const field = form.querySelector("input[type=search]");
  const list = field.parentElement.appendChild(document.createElement("div"));
  Object.assign(list, { id: "hints", className: "hints", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector("label").textContent);
  const say = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "hints" };
  for (const [name, value] of Object.entries(say)) field.setAttribute(name, value);
  let waiting, running, active = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];
  function show(open) {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  }
  function choose(place) {
    active = place;
    const all = options();
    all.forEach((each, at) => each.setAttribute("aria-selected", String(at === place)));
    if (place < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", all[place].id);
    all[place].scrollIntoView({ block: "nearest" });
  }
  async function ask() {
    running?.abort();
    const query = field.value.trim();
    if (query.length < 2) return show(false);
    running = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(query)}`, { signal: running.signal });
      if (!answer.ok) return show(false);
      list.innerHTML = await answer.text();
      choose(-1);
      show(options().length > 0 && document.activeElement === field);
      told.textContent = list.firstElementChild?.dataset.told ?? "";
    } catch (error) {
      if (error.name !== "AbortError") show(false);
    }
  }
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return options().length ? show(true) : ask();
      const last = options().length - 1;
      const down = event.key === "ArrowDown";
      choose(down ? (active === last ? -1 : active + 1) : active === -1 ? last : active === 0 ? -1 : active - 1);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      show(false);
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      location.assign(options()[active].href);
    }
  });
  field.addEventListener("blur", () => setTimeout(() => list.contains(document.activeElement) || show(false), 150));
  list.addEventListener("pointerdown", (event) => event.preventDefault());
}

prepare();
