// The store editor. Each change is a form that the server understands without this file; here it is sent at
// once, and only what differs is swapped: in this page, and in the frame with the store.
import { morph } from "../ui/js/morph.js"

const editor = document.getElementById("editor")
const frame = document.getElementById("frame")
const origin = frame && new URL(editor.dataset.preview).origin
const mac = /Mac|iP/.test(navigator.platform)
let waiting = null
let busy = false
let shown = 0
const dirty = new Set()

const token = () => document.querySelector("meta[name=csrf-token]").content
const saved = () => document.getElementById("saved")
const tell = (message) => frame?.contentWindow?.postMessage({ awning: true, ...message }, origin)

// One request at a time, in order. What is typed while one is under way goes along with the next.
const queue = []
function send(job) {
  const same = job.key && queue.find((each) => each.key === job.key)
  if (same) Object.assign(same, job)
  else queue.push(job)
  pump()
}

async function pump() {
  if (busy) return
  const job = queue.shift()
  if (!job) return waiting?.()
  busy = true
  // Said only where it takes a while: somebody who listens need not hear it with every letter.
  const slow = job.body && setTimeout(() => { saved().textContent = editor.dataset.saving }, 400)
  try {
    const body = job.body?.()
    if (job.body && !body) throw new Error("the field is gone")
    if (body?.has("version")) body.set("version", editor.dataset.version)
    if (job.key) dirty.delete(job.key)
    const answer = await fetch(job.url, { method: body ? "POST" : "GET", body, headers: { "X-Editor": "1", "X-CSRF-Token": token() } })
    const type = answer.headers.get("content-type") ?? ""
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return location.reload()
    if (body && answer.ok && type.startsWith("text/html")) {
      // The draft is changed: the frame fetches its page while this one is swapped.
      shown += 1
      began.set(shown, job.began)
      tell({ refresh: shown })
    }
    const html = await answer.text()
    clearTimeout(slow)
    const page = new DOMParser().parseFromString(html, "text/html").getElementById("editor")
    if (!page || !type.startsWith("text/html")) throw new Error(answer.statusText)
    take(page, job)
    // A file that was sent is kept; it does not go along with what is written beside it.
    const file = answer.ok && job.key && document.querySelector(`#c-${job.key} input[type=file]`)
    if (file && !dirty.has(job.key)) file.value = ""
  } catch (problem) {
    clearTimeout(slow)
    console.warn(problem)
    saved().textContent = editor.dataset.lost
    if (job.key) {
      dirty.add(job.key)
      setTimeout(() => { if (dirty.has(job.key)) send(job) }, 3000)
    }
  }
  busy = false
  pump()
}

const began = new Map()

function take(page, job) {
  const before = editor.dataset.section
  const active = document.activeElement
  const id = editor.contains(active) ? active.id : ""
  const toasts = page.querySelector(".said")
  for (const toast of toasts.querySelectorAll(".toast")) show(toast)
  const view = editor.dataset.view
  morph(editor, page, (each) => {
    if (each.id === "stage") return true
    // What is being typed is newer than what comes back.
    const control = each.matches?.("input, textarea, select, option") && each.closest("[data-control]")
    if (!control) return false
    return dirty.has(control.dataset.control) || (each === active && !each.matches("[type=radio], [type=checkbox]"))
  })
  if (job.adds && page.dataset.section) document.getElementById("add-section").open = false
  editor.dataset.view = job.view ?? view
  if (job.push) history.pushState({}, "", job.push)
  else if (job.body && !location.href.includes(`section=${editor.dataset.section}`) && editor.dataset.section) {
    history.replaceState({}, "", `${location.pathname}?page=${editor.dataset.page}&section=${editor.dataset.section}`)
  }
  // What is typed is seen where it is; what was chosen, added or moved may be out of sight.
  if (editor.dataset.section !== before || (job.body && !job.key)) tell({ section: editor.dataset.section })
  const focus = job.focus ? document.getElementById(job.focus) : id && document.activeElement?.id !== id ? document.getElementById(id) : null
  focus?.focus({ preventScroll: !job.focus })
  document.querySelector(".conflict, .editor-settings [role=alert]")?.scrollIntoView({ block: "nearest" })
  tabs()
  fit()
  prepare()
}

// Changes of one setting: only what was touched is sent.
const body = (key) => () => {
  const control = document.getElementById(`c-${key}`)
  const form = control?.closest("form")
  if (!form) return null
  const data = new FormData()
  data.set("version", "")
  data.set("act", "set")
  data.set("has", control.dataset.control)
  for (const field of form.elements) {
    if (!field.name || !control.contains(field) || field.name === "has" || field.name.startsWith("was-")) continue
    if ((field.type === "checkbox" || field.type === "radio") && !field.checked) continue
    if (field.type === "file") { for (const file of field.files) data.append(field.name, file) } else data.set(field.name, field.value)
  }
  return data
}

function changed(control) {
  const key = control.dataset.control
  dirty.add(key)
  send({ key, url: control.closest("form").action, body: body(key), began: performance.now() })
}

editor.addEventListener("input", (event) => {
  const picked = event.target.dataset.picks && document.getElementById(event.target.dataset.picks)
  if (picked) picked.value = event.target.value
  const control = event.target.closest("[data-control]")
  if (!control || !control.closest("[data-settings]")) return
  if (event.target.matches("input[type=text], input[type=number]")) follow(control, event.target.value)
  count(control)
  if (event.target.matches("[type=file], input[list]")) return
  changed(control)
})
editor.addEventListener("focusin", (event) => {
  if (event.target.closest("[data-settings]")) tell({ section: editor.dataset.section })
})
// A list or a file is chosen once, not letter by letter.
editor.addEventListener("change", (event) => {
  const control = event.target.closest("[data-settings] [data-control]")
  if (control && event.target.matches("[type=file], input[list]")) changed(control)
})

function follow(control, value) {
  const picker = control.querySelector("[data-picks]")
  if (picker?.type === "color") { if (/^#[0-9a-f]{6}$/i.test(value)) picker.value = value } else if (picker) picker.value = value
}
function count(control) {
  const shownCount = control.querySelector("[data-limit]")
  const field = control.querySelector("textarea, input[type=text]")
  if (!shownCount || !field) return
  const limit = Number(shownCount.dataset.limit)
  shownCount.textContent = `${field.value.length} / ${limit.toLocaleString()}`
  shownCount.classList.toggle("failed", field.value.length > limit)
}

// Forms that do one thing: move, add, undo. Whatever is still on its way goes first.
document.addEventListener("submit", (event) => {
  const form = event.target
  const button = event.submitter
  if (form.matches("[data-act]") || button?.matches("[data-fix]")) {
    event.preventDefault()
    event.target.closest(".toast")?.remove()
    send({ url: button?.hasAttribute("formaction") ? button.formAction : form.action, body: () => new FormData(form, button), focus: focusAfter(button), adds: button?.name === "kind", began: performance.now() })
  } else if (form.matches("[data-settings]")) {
    event.preventDefault()
  } else if (form.matches("[data-settle]") && (busy || queue.length)) {
    event.preventDefault()
    waiting = () => { waiting = null; form.requestSubmit(button) }
  }
})

// What was pressed may be gone afterwards, or stand elsewhere; the keyboard goes on from beside it.
function focusAfter(button) {
  if (!button) return ""
  if (button.name === "kind" || button.value === "duplicate") return "settings-head"
  if (button.value !== "remove") return ""
  const row = button.closest("li")
  return (row?.nextElementSibling ?? row?.previousElementSibling)?.querySelector("a")?.id ?? "section-list"
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-part]")
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.button) {
    event.preventDefault()
    go(link)
  }
  const tab = event.target.closest("[data-view-of]")
  if (tab) {
    event.preventDefault()
    editor.dataset.view = tab.dataset.viewOf
    tabs()
    fit()
  }
  const device = event.target.closest("[data-width]")
  if (device) {
    width = Number(device.dataset.width)
    try { localStorage.setItem("awning-editor-width", width) } catch { /* Nothing is lost but a habit. */ }
    fit()
  }
  const rich = event.target.closest("[data-rich]")
  if (rich) format(rich)
})

function go(link) {
  const keyboard = link === document.activeElement
  const settings = link.hash === "#settings"
  send({ url: link.href, push: link.href, view: settings ? "settings" : undefined, focus: settings && keyboard && narrow() ? "settings-head" : "" })
  if (link.dataset.go) fetch(link.dataset.go).then((answer) => answer.json()).then(({ path }) => { where = path; tell({ go: path }) })
}
addEventListener("popstate", () => send({ url: location.href }))

const narrow = () => matchMedia("(width < 1100px)").matches
function tabs() {
  for (const tab of document.querySelectorAll("[data-view-of]")) {
    if (tab.dataset.viewOf === editor.dataset.view) tab.setAttribute("aria-current", "true")
    else tab.removeAttribute("aria-current")
  }
}

// Alt and the arrows move the section that the keyboard is at; ⌘Z and ⇧⌘Z step back and forth.
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("[data-row]")
  if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault()
    const by = event.key === "ArrowUp" ? -1 : 1
    place(row.dataset.row, [...row.parentElement.children].indexOf(row) + by)
  } else if (row && (event.key === "ArrowUp" || event.key === "ArrowDown") && event.target.matches("a")) {
    event.preventDefault()
    const next = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling
    next?.querySelector("a").focus()
  }
  const typing = event.target.matches?.("textarea, input:not([type=radio], [type=checkbox], [type=color], [type=range], [type=file])")
  if ((mac ? event.metaKey : event.ctrlKey) && event.key.toLowerCase() === "z" && !typing) {
    const button = document.getElementById(event.shiftKey ? "redo" : "undo")
    if (!button || button.disabled) return
    event.preventDefault()
    button.form.requestSubmit(button)
  }
})

function place(section, to) {
  const rows = document.querySelectorAll("[data-row]").length
  const some = document.querySelector("#add-section form")
  if (!some || to < 0 || to >= rows) return
  const data = new FormData()
  for (const [name, value] of Object.entries({ version: "", act: "place", section, to })) data.set(name, value)
  send({ url: some.action, body: () => data, focus: `pick-${section}`, began: performance.now() })
}

let dragged = null
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-row]")
  if (!dragged) return
  event.dataTransfer.effectAllowed = "move"
  event.dataTransfer.setData("text/plain", dragged.textContent.trim())
  dragged.classList.add("dragged")
})
document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.("[data-row]")
  if (!over) return
  event.preventDefault()
  for (const row of document.querySelectorAll(".over")) if (row !== over) row.classList.remove("over")
  over.classList.add("over")
})
document.addEventListener("drop", (event) => {
  const over = dragged && event.target.closest?.("[data-row]")
  if (!over) return
  event.preventDefault()
  if (over !== dragged) place(dragged.dataset.row, [...over.parentElement.children].indexOf(over))
})
document.addEventListener("dragend", () => {
  for (const row of document.querySelectorAll(".over, .dragged")) row.classList.remove("over", "dragged")
  dragged = null
})

function format(button) {
  const field = button.closest(".rich").querySelector("textarea")
  const [from, to] = [field.selectionStart, field.selectionEnd]
  const chosen = field.value.slice(from, to)
  const made = {
    bold: () => `**${chosen || "bold"}**`,
    link: () => `[${chosen || "words"}](https://)`,
    list: () => (chosen || "point").split("\n").map((line) => `- ${line}`).join("\n"),
  }[button.dataset.rich]()
  field.setRangeText(made, from, to, "select")
  field.focus()
  field.dispatchEvent(new Event("input", { bubbles: true }))
}

let asked = 0
editor.addEventListener("input", async (event) => {
  const field = event.target.closest("[data-products]")
  if (!field) return
  const mine = ++asked
  const answer = await fetch(`${field.dataset.products}?q=${encodeURIComponent(field.value)}`)
  const found = answer.ok ? await answer.json() : []
  if (mine !== asked) return
  field.list.replaceChildren(...found.map(({ handle, title }) => new Option(title, handle)))
})

function show(toast) {
  document.getElementById("toasts").replaceChildren(toast)
  setTimeout(() => { if (!toast.matches(":hover, :focus-within")) toast.remove() }, 8000)
}

// The frame has the width of the device and is scaled into the room that there is.
let width = Number((() => { try { return localStorage.getItem("awning-editor-width") } catch { return 0 } })()) || 1280
const stage = document.getElementById("stage")
function fit() {
  for (const each of document.querySelectorAll("[data-width]")) each.setAttribute("aria-pressed", String(Number(each.dataset.width) === width))
  if (!frame || !stage.clientWidth) return
  const scale = Math.min(1, stage.clientWidth / width)
  frame.style.width = `${width}px`
  frame.style.height = `${stage.clientHeight / scale}px`
  frame.style.transform = `scale(${scale})`
  frame.style.insetInlineStart = `${Math.max(0, (stage.clientWidth - width * scale) / 2)}px`
}
if (frame) new ResizeObserver(fit).observe(stage)

let where = ""
addEventListener("message", (event) => {
  if (!frame || event.origin !== origin || event.source !== frame.contentWindow || !event.data?.awning) return
  const { at, chose, shown: number } = event.data
  if (at) {
    tell({ section: editor.dataset.section })
    const kind = at === "/" ? "home" : ["collection", "product", "cart"].find((each) => at.startsWith(`/${each}`))
    const link = kind && kind !== editor.dataset.page && document.getElementById(`page-${kind}`)
    const open = document.getElementById("open-draft")
    if (open) open.href = editor.dataset.preview + at
    if (link) send({ url: link.href, push: link.href })
  }
  if (chose) {
    const link = document.getElementById(`pick-${chose}`)
    if (link) send({ url: link.href, push: link.href, view: "settings" })
  }
  if (number) {
    // A page that is shown has all changes before it, too.
    for (const [each, start] of began) {
      if (each > number) continue
      began.delete(each)
      if (start) performance.measure("awning-change", { start, end: performance.now() })
    }
    editor.dataset.shown = number
  }
})

function prepare() {
  for (const each of document.querySelectorAll("[data-control]")) count(each)
}
tabs()
fit()
prepare()
