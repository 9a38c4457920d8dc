// Every page works without this file. It saves clicks, keeps the place, and guards against double sending.

// A form that changes something is sent once; coming back with the back button frees it again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

// Forms of choices are sent as soon as a choice is made; their button is only for those without script.
export function prepare(root) {
  for (const form of root.querySelectorAll("form[data-auto]")) {
    const button = form.querySelector("button");
    if (button) button.hidden = true;
    form.addEventListener("change", () => form.requestSubmit());
  }
  const update = root.querySelector("[data-update-button]");
  if (update) {
    update.hidden = true;
    const form = update.form;
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-update]")) total(form);
    });
  }
  root.querySelector("[data-focus]")?.focus();
  stick(root);
}

// The bar with the button shows on a phone while the button itself is out of sight.
function stick(root) {
  const bar = root.querySelector("[data-sticky]");
  const form = document.getElementById("add");
  if (!bar || !form) return;
  new IntersectionObserver(([seen]) => bar.classList.toggle("away", seen.isIntersecting)).observe(form);
}

// Choosing a colour or a size swaps the page's content in place, so that nothing jumps.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (await swap(link.href)) history.pushState({ swapped: true }, "", link.href);
});
addEventListener("popstate", () => {
  if (document.querySelector("a[data-swap]")) swap(location.href);
});

async function swap(address) {
  const words = document.activeElement?.textContent;
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.getElementById("main");
    main.replaceChildren(...page.getElementById("main").childNodes);
    document.title = page.title;
    prepare(main);
    const same = [...main.querySelectorAll("a[data-swap]")].find((each) => each.textContent === words);
    same?.focus({ preventScroll: true });
    return true;
  } catch {
    location.assign(address);
    return false;
  }
}

// Another country or way of delivery: the ways and the total are worked out anew, and only they are
// replaced, because the shopper may be typing elsewhere meanwhile. Nobody pays a total that is not yet shown.
let asked = 0;
async function total(form) {
  const mine = ++asked;
  // Each answer brings a new button in place of the one before.
  const update = form.querySelector("[data-update-button]");
  const data = new FormData(form, update);
  const pay = () => form.querySelectorAll("button[value=pay]");
  for (const button of pay()) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    const focused = document.activeElement?.matches("[name=rate_id]") ? document.activeElement.value : null;
    for (const part of ["delivery", "summary"]) {
      document.getElementById(part).replaceChildren(...page.getElementById(part).childNodes);
    }
    form.querySelector("[data-update-button]").hidden = true;
    form.querySelector("button.vh").disabled = false;
    if (focused) form.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const told = form.querySelector(".sum-total");
    document.getElementById("told").textContent = told ? told.textContent : form.querySelector("#delivery p").textContent;
  } catch {
    form.dataset.sent = "";
    form.requestSubmit(update);
  }
}

// A countdown ticks by the minute; the words beside it say the moment itself.
function tick() {
  for (const clock of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.ceil((Date.parse(clock.dataset.until) - Date.now()) / 60000));
    const show = (part, value) => (clock.querySelector(`[data-${part}]`).textContent = value);
    show("days", Math.floor(left / 1440));
    show("hours", Math.floor(left / 60) % 24);
    show("minutes", left % 60);
    clock.hidden = !left;
  }
}
if (document.querySelector("[data-until]")) {
  tick();
  setInterval(tick, 10000);
}

prepare(document);
