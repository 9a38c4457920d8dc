// The bag as a drawer over the page: what is put into it shows at once, and the shopper stays where they are.
// Without this file the same forms lead to the bag's page, which is what the drawer shows.
import { prepare } from "./store.js";

const drawer = document.querySelector("[data-drawer]");
const content = drawer?.querySelector("[data-drawer-content]");
const CHANGES = /\/cart(\/(add|update|code|confirm))?$/;

async function send(form, submitter) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form, submitter)),
    headers: { accept: "text/html" },
    // Whoever goes on before the drawer opens has it in the bag all the same.
    keepalive: true,
  });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("body.bag")) throw new Error(answer.statusText);
  show(page);
}

function show(page) {
  const focused = content.contains(document.activeElement) ? document.activeElement.name : "";
  content.replaceChildren(...page.getElementById("main").childNodes);
  for (const heading of content.querySelectorAll("h1")) {
    const lower = document.createElement("h2");
    lower.className = "drawer-title";
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  for (const count of document.querySelectorAll("[data-bag]")) {
    count.replaceChildren(...page.querySelector("[data-bag]").cloneNode(true).childNodes);
  }
  if (!drawer.open) drawer.showModal();
  prepare(content);
  if (focused) content.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
}

if (drawer) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post" || !CHANGES.test(new URL(form.action).pathname)) return;
    if (event.defaultPrevented) return;
    event.preventDefault();
    try {
      await send(form, event.submitter);
    } catch {
      // The page itself says what went wrong.
      form.submit();
    } finally {
      delete form.dataset.sent;
    }
  });
  // A click beside the drawer closes it.
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer) drawer.close();
  });
}
