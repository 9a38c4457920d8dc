// Every page works without this file. It saves clicks, keeps the place, and guards against double sending.

const quiet = matchMedia("(prefers-reduced-motion: reduce)");

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
function prepare(root) {
  for (const form of root.querySelectorAll("form[data-auto]")) {
    const button = form.querySelector("button");
    if (button) button.hidden = true;
    form.addEventListener("change", () => form.requestSubmit());
  }
  const update = root.querySelector("[data-update-button]");
  if (update) {
    update.hidden = true;
    for (const field of root.querySelectorAll("[data-update]")) {
      field.addEventListener("change", () => {
        sessionStorage.setItem("place", `${location.pathname} ${scrollY} ${field.id || field.value}`);
        update.form.dataset.sent = "";
        update.form.requestSubmit(update);
      });
    }
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

prepare(document);

// After a reload that only worked out a new total, the reader stays where they were.
const place = sessionStorage.getItem("place")?.split(" ");
if (place && place[0] === location.pathname) {
  sessionStorage.removeItem("place");
  const field = document.getElementById(place[2]) ?? document.querySelector(`[value="${CSS.escape(place[2])}"]`);
  scrollTo({ top: Number(place[1]), behavior: quiet.matches ? "auto" : "instant" });
  field?.focus({ preventScroll: true });
}
