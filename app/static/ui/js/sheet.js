// A sheet with a script: what was typed is marked and counted, keys move between cells, and a block of cells
// can be pasted. The server judges; without this file the same form is sent and answered whole.
import { lines, step, visit } from "./cells.js"

const form = document.querySelector("[data-sheet]")
const bar = form?.querySelector("[data-save-bar]")
const fill = (sentence, ...values) => sentence.replace(/\{(\d)\}/g, (_, index) => values[index])

if (bar) {
  const rows = [...form.querySelectorAll("[data-row]")].map((row) => [...row.querySelectorAll("[data-cell]")])
  const cells = rows.flat()
  const place = new Map(rows.flatMap((row, at) => row.map((cell, column) => [cell, [at, column]])))
  const words = form.querySelector("[data-words]").dataset
  const note = form.querySelector("[data-pasted]")
  let leaving = false

  function count() {
    let changed = 0
    for (const cell of cells) {
      const differs = cell.value.trim() !== cell.defaultValue
      cell.classList.toggle("changed-cell", differs)
      if (differs) changed += 1
    }
    const told = bar.querySelector("[data-changed]")
    told.textContent = fill(changed === 1 ? told.dataset.one : told.dataset.many, changed)
    bar.classList.toggle("waiting", changed > 0)
  }

  function paste(at, column, block) {
    let fits = 0
    let left = 0
    block.forEach((line, down) => line.split("\t").forEach((text, right) => {
      const cell = rows[at + down]?.[column + right]
      if (cell) { cell.value = text.trim(); fits += 1 } else if (text.trim()) left += 1
    }))
    note.textContent = left ? fill(words.left, fits, left) : fill(fits === 1 ? words.one : words.many, fits)
    count()
  }

  form.addEventListener("input", count)
  form.addEventListener("keydown", (event) => {
    if (!place.has(event.target)) return
    const [at, column] = place.get(event.target)
    if (event.key === "F2") event.target.setSelectionRange(event.target.value.length, event.target.value.length)
    if (event.key === "Escape") { event.target.value = event.target.defaultValue; event.target.select(); count() }
    const way = event.altKey || event.ctrlKey || event.metaKey ? null : step(event)
    if (!way) return
    event.preventDefault()
    const next = rows[at + way[0]]?.[column + way[1]]
    if (next) visit(next)
  })
  form.addEventListener("paste", (event) => {
    const block = lines(event)
    if (!place.has(event.target) || (block.length < 2 && !block[0].includes("\t"))) return
    event.preventDefault()
    paste(...place.get(event.target), block)
  })
  form.addEventListener("reset", () => setTimeout(() => { note.textContent = ""; count() }))
  form.addEventListener("submit", () => { leaving = true })
  window.addEventListener("beforeunload", (event) => { if (!leaving && bar.classList.contains("waiting")) event.preventDefault() })
  // Whoever comes back finds what was typed, and it counts again.
  window.addEventListener("pageshow", () => { leaving = false; count() })
  count()
}
