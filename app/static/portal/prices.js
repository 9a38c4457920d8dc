// The price grid with a script: figures while typing, refusals in place, arrow keys, pasting a column.
// The server judges again; without this file the same form is sent and answered whole.

import { lines as pastedLines, step, visit as select } from "../ui/js/cells.js"

const words = document.getElementById("price-words")?.dataset
const fill = (sentence, ...values) => sentence.replace(/\{(\d)\}/g, (_, index) => values[index])

function start(form) {
  const { tax, currency, locale, decimals } = form.dataset
  const unit = 10 ** Number(decimals)
  const rate = Number(tax)
  const plain = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
  const withSign = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" })
  const percent = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const show = (minor) => plain.format(minor / unit)
  const money = (minor) => withSign.format(minor / unit)
  const signed = (minor) => (minor > 0 ? "+" : "−") + show(Math.abs(minor))
  // Tax inside is rounded half up, and the rest is net, as on the server.
  const net = (gross) => gross - Math.floor((gross * rate * 2 + 10000 + rate) / (2 * (10000 + rate)))
  const rows = [...form.querySelectorAll("[data-row]")]
  const field = (row) => row.querySelector(".amount")
  const before = (row) => row.querySelector("[name^='w-']").value

  // A plain amount in minor units; null where it is none, or where only the server should decide.
  function read(text) {
    let typed = text.replace(/[^\d.,]/g, "")
    if (!/\d$/.test(typed) || /[a-z]/i.test(text.replace(new RegExp(currency, "i"), ""))) return null
    const marks = typed.match(/[.,]/g) ?? []
    if (new Set(marks).size === 2) {
      const last = Math.max(typed.lastIndexOf("."), typed.lastIndexOf(","))
      typed = typed.slice(0, last).replace(/[.,]/g, "") + "." + typed.slice(last + 1)
    } else if (marks.length > 1) typed = typed.replace(/[.,]/g, "")
    else if (marks.length === 1 && /,\d{3}$/.test(typed)) typed = typed.replace(",", "")
    else typed = typed.replace(",", ".")
    const value = Number(typed) * unit
    return Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : null
  }

  function update(row) {
    const input = field(row)
    const text = input.value.trim()
    const changed = text !== before(row)
    const price = row.dataset.price === "" ? null : Number(row.dataset.price)
    const earned = row.dataset.earn === "" ? null : Number(row.dataset.earn)
    const wholesale = Number(row.dataset.wholesale)
    const asked = text ? read(text) : null
    const earn = asked === null ? earned : net(asked) - wholesale
    let problem = ""
    if (changed && text && asked === null) problem = fill(words.unclear, text)
    else if (changed && asked !== null && asked < Number(row.dataset.lowest)) {
      problem = fill(words.under, money(asked), money(Number(row.dataset.lowest)))
    }
    const same = changed && asked !== null && asked === price
    row.classList.toggle("changed-row", changed && !same && !problem)
    row.classList.toggle("bad-row", Boolean(problem))
    row.querySelector("[data-was]").hidden = !changed || price === null
    const earns = row.querySelector("[data-earns]")
    earns.textContent = problem ? words.refused : changed && !text ? words.byRule : earn === null ? "–" : show(earn)
    earns.classList.toggle("soft", Boolean(problem) || (changed && !text))
    const more = earned === null || problem || !text ? 0 : earn - earned
    row.querySelector("[data-more]").textContent = more ? signed(more) : ""
    row.querySelector("[data-markup]").textContent = earn === null ? "–" : percent.format(earn / wholesale)
    const gain = more * Number(row.dataset.sold)
    const cell = row.querySelector("[data-gain]")
    cell.firstElementChild.textContent = gain ? signed(gain) : show(0)
    cell.firstElementChild.className = gain > 0 ? "changed" : gain ? "" : "faint"
    explain(row, input, problem, price)
    row.state = { changed: changed && !same, problem: Boolean(problem), gain }
  }

  function explain(row, input, problem, price) {
    const id = row.id.slice(2)
    const old = form.querySelector(`[data-why="${id}"]:not(.calm)`)
    if (!problem) {
      old?.remove()
      input.removeAttribute("aria-invalid")
      input.removeAttribute("aria-describedby")
      return
    }
    if (old?.dataset.words === problem) return
    const made = document.getElementById("why-template").content.cloneNode(true).firstElementChild
    made.dataset.why = id
    made.dataset.words = problem
    made.querySelector(".why").id = `why-${id}`
    made.querySelector("[data-words]").textContent = problem
    const use = (selector, minor) => {
      const button = made.querySelector(selector)
      if (minor === null) return button.remove()
      button.textContent = button.textContent.replace("{}", money(minor))
      button.dataset.use = (minor / unit).toFixed(decimals)
      button.dataset.for = id
    }
    use("[data-lowest-button]", Number(row.dataset.lowest))
    use("[data-back-button]", price)
    old?.remove()
    row.after(made)
    input.setAttribute("aria-invalid", "true")
    input.setAttribute("aria-describedby", `why-${id}`)
  }

  function sum() {
    const changed = rows.filter((row) => row.state?.changed)
    const refused = changed.filter((row) => row.state.problem).length
    const gain = changed.reduce((total, row) => total + (row.state.problem ? 0 : row.state.gain), 0)
    const bar = form.querySelector("[data-save-bar]")
    bar.classList.toggle("waiting", changed.length > 0)
    const some = changed.length === 1
    bar.querySelector("[data-changed-words]").textContent = fill(some ? words.one : words.many, changed.length)
    bar.querySelector("[data-save-words]").textContent = fill(some ? words.saveOne : words.saveMany, changed.length)
    bar.querySelector("[data-refused-words]").hidden = !refused
    bar.querySelector("[data-refused]").textContent = refused
    bar.querySelector("[data-gained]").hidden = !gain
    bar.querySelector("[data-gained-amount]").textContent = money(Math.abs(gain))
    bar.querySelector("[data-gained-way]").textContent = gain > 0 ? words.more : words.less
  }

  const everything = form.querySelector("[data-pick-everything]")
  // Rows of other pages are only known to the server, which shows what it would do before it does it.
  const byPage = [...form.querySelectorAll("[data-hx-post][name=act]")]

  function pick() {
    const ticks = [...form.querySelectorAll("[name=pick]")]
    const allRows = everything?.checked
    const count = ticks.filter((tick) => tick.checked).length
    for (const place of form.querySelectorAll("[data-picked]")) place.textContent = allRows ? everything.dataset.words : count
    for (const tick of ticks) tick.disabled = allRows
    form.querySelector("[data-pick-all]").disabled = allRows
    const all = form.querySelector("[data-pick-all]")
    all.checked = count === ticks.length
    all.indeterminate = count > 0 && count < ticks.length
    if (count && !allRows && form.elements.value.value) form.dispatchEvent(new CustomEvent("rule-changed"))
  }

  function set(row, text) {
    field(row).value = text
    update(row)
  }

  const visit = (row) => select(field(row))

  function tick(row) {
    const box = row.querySelector("[name=pick]")
    if (box.disabled) return
    box.checked = !box.checked
    pick()
  }

  function tickPage() {
    const all = form.querySelector("[data-pick-all]")
    if (all.disabled) return
    all.checked = true
    all.dispatchEvent(new Event("change", { bubbles: true }))
  }

  // On the ticks themselves: arrows go from one to the next, and Ctrl+A ticks the page.
  function ticking(event, row) {
    const to = rows[rows.indexOf(row) + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0)]
    if (to && to !== row) { event.preventDefault(); to.querySelector("[name=pick]").focus() }
    if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); tickPage() }
  }

  // SKUs with prices go wherever they belong: to this page when all of them are on it, else to the server.
  function pasteBySku(lines) {
    const named = new Map(rows.map((row) => [row.dataset.sku, row]))
    const pairs = lines.map((line) => line.split("\t").map((cell) => cell.trim())).filter((cells) => cells.length > 1 && cells[0])
    if (!pairs.some(([sku]) => named.has(sku))) return false
    if (pairs.every(([sku]) => named.has(sku) || sku.toLowerCase() === "sku")) {
      const known = pairs.filter(([sku]) => named.has(sku))
      for (const [sku, price] of known) set(named.get(sku), price)
      tell(pasted(known.length))
      return true
    }
    const sent = document.querySelector("[data-paste-form]")
    sent.elements.pasted.value = lines.join("\n")
    form.leaving = true
    sent.submit()
    return true
  }

  const pasted = (count) => (count === 1 ? words.pastedOne : fill(words.pasted, count))

  function tell(sentence) {
    form.querySelector("[data-pasted]").textContent = sentence
  }

  form.addEventListener("input", (event) => {
    const row = event.target.closest("[data-row]")
    if (row && event.target.matches(".amount")) { update(row); sum() }
    if (event.target.closest(".rule-bar")) form.dispatchEvent(new CustomEvent("rule-changed"))
  })
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const tick of form.querySelectorAll("[name=pick]")) tick.checked = event.target.checked
    }
    if (event.target.matches("[name=pick], [data-pick-all], [data-pick-everything]")) pick()
  })
  document.addEventListener("htmx:confirm", (event) => {
    if (!everything?.checked || !byPage.includes(event.detail.elt)) return
    event.preventDefault()
    form.leaving = true
    form.requestSubmit(event.detail.elt)
  })
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-row]")
    if (event.key === "Enter" && event.target.closest(".rule-bar") && event.target.matches("input")) {
      event.preventDefault()
      form.querySelector("[value=apply]").click()
    }
    if (row && event.target.matches(".tick")) return ticking(event, row)
    if (!row || !event.target.matches(".amount")) return
    const at = rows.indexOf(row)
    const input = event.target
    if (event.key === "F2") { event.preventDefault(); input.setSelectionRange(input.value.length, input.value.length) }
    if (event.key === " " && event.shiftKey) { event.preventDefault(); tick(row) }
    const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length
    if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && whole) { event.preventDefault(); tickPage() }
    const [down] = step(event) ?? [0]
    if (down) {
      event.preventDefault()
      if (rows[at + down]) visit(rows[at + down])
    }
    if (event.key === "Escape") { set(row, before(row)); sum(); event.target.select() }
  })
  form.addEventListener("paste", (event) => {
    const row = event.target.closest("[data-row]")
    const lines = pastedLines(event)
    if (!row || !event.target.matches(".amount") || lines.length < 2) return
    event.preventDefault()
    if (!pasteBySku(lines)) {
      const from = rows.indexOf(row)
      const fits = lines.slice(0, rows.length - from)
      fits.forEach((line, index) => set(rows[from + index], line.split("\t").pop().trim()))
      const left = lines.length - fits.length
      tell(pasted(fits.length) + (left ? ` ${fill(words.left, fits.length, left)}` : ""))
    }
    sum()
  })
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-use]")
    if (!button) return
    const row = document.getElementById(`r-${button.dataset.for}`)
    set(row, button.dataset.use)
    sum()
    visit(row)
  })
  form.addEventListener("submit", () => { form.leaving = true })
  form.querySelector("[data-discard]").addEventListener("click", () => { form.leaving = true })
  for (const row of rows) if (row.matches(".changed-row, .bad-row")) row.state = { changed: true, problem: row.matches(".bad-row"), gain: 0 }
  for (const row of rows) if (row.matches(".changed-row")) update(row)
  // What was typed before this file had come counts like anything else.
  const early = rows.filter((row) => !row.state && field(row).value.trim() !== before(row))
  for (const row of early) update(row)
  if (early.length) sum()
  pick()
}

window.addEventListener("beforeunload", (event) => {
  const form = document.querySelector("[data-prices]")
  if (form && !form.leaving && form.querySelector(".save-bar.waiting")) event.preventDefault()
})
const begin = () => {
  const form = document.querySelector("[data-prices]")
  if (form && form.querySelector("[data-save-bar]")) start(form)
}
begin()
document.addEventListener("keydown", (event) => {
  const keys = document.getElementById("keys")
  if (event.key !== "?" || !keys || event.target.matches("input:not([type=checkbox]), textarea, select")) return
  keys.open = true
  keys.querySelector("summary").focus()
})
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "grid" || event.detail.elt?.id === "grid") begin() })
