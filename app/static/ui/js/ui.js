// Small additions to pages that work without them: the reader's zone, copying, toasts, dialogs.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
if (zone && !document.cookie.includes(`awning-zone=${encodeURIComponent(zone)}`)) {
  const secure = location.protocol === "https:" ? "; secure" : ""
  document.cookie = `awning-zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax${secure}`
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = document.querySelector("meta[name=csrf-token]").content
})

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]")
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy)
    const word = copy.querySelector("span")
    const before = word.textContent
    word.textContent = copy.dataset.copied
    setTimeout(() => { word.textContent = before }, 2000)
  }
  const opener = event.target.closest("[data-dialog]")
  if (opener) document.querySelector(opener.dataset.dialog).showModal()
  const closer = event.target.closest("[data-close-dialog]")
  if (closer) closer.closest("dialog").close()
  const done = event.target.closest("[data-close-toast]")
  if (done) dismiss(done.closest(".toast"))
})

// A form of filters is sent when a choice changes; its button stays for those without script.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-send-on-change]")) event.target.form.requestSubmit()
})

function dismiss(toast) {
  toast.classList.add("leaving")
  setTimeout(() => toast.remove(), 180)
}

for (const toast of document.querySelectorAll("[data-toast]")) {
  let left = 8000
  let since = Date.now()
  let timer = setTimeout(() => dismiss(toast), left)
  const pause = () => { clearTimeout(timer); left -= Date.now() - since }
  const resume = () => { clearTimeout(timer); since = Date.now(); timer = setTimeout(() => dismiss(toast), Math.max(left, 2000)) }
  toast.addEventListener("pointerenter", pause)
  toast.addEventListener("pointerleave", resume)
  toast.addEventListener("focusin", pause)
  toast.addEventListener("focusout", resume)
}

document.querySelector("[data-focus]")?.focus()

// A chart tells of the day under the pointer, above the plot. Its numbers are those of the table behind it.
for (const chart of document.querySelectorAll("[data-chart]")) {
  const area = chart.querySelector(".plot-area")
  const line = chart.querySelector(".here")
  const readout = chart.querySelector("[data-readout]")
  const rows = [...chart.querySelectorAll("tbody tr")]
  const resting = readout.innerHTML
  area.addEventListener("pointermove", (event) => {
    const box = area.getBoundingClientRect()
    const at = Math.round(((event.clientX - box.left) / box.width) * (rows.length - 1))
    const row = rows[Math.min(Math.max(at, 0), rows.length - 1)]
    const share = (rows.indexOf(row) / (rows.length - 1)) * 100
    line.setAttribute("x1", `${share}%`)
    line.setAttribute("x2", `${share}%`)
    line.classList.add("shown")
    const [day, now, before] = [...row.cells].map((cell) => cell.textContent)
    readout.querySelector("[data-day]").textContent = day
    readout.querySelector("[data-now]").textContent = now
    readout.querySelector("[data-before]").textContent = before
  })
  area.addEventListener("pointerleave", () => {
    line.classList.remove("shown")
    readout.innerHTML = resting
  })
}
