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

// What takes more than a moment says so on its button; a page that is come back to begins anew.
document.addEventListener("submit", (event) => {
  const words = event.target.dataset.busy
  const button = event.submitter
  if (!words || !button || event.defaultPrevented || "stays" in button.dataset) return
  const status = document.createElement("p")
  status.className = "unseen"
  status.setAttribute("role", "status")
  event.target.append(status)
  setTimeout(() => { status.textContent = words }, 50)
  button.dataset.idle = button.textContent
  button.setAttribute("aria-disabled", "true")
  button.textContent = words
})
document.addEventListener("click", (event) => {
  // A second press would send it twice.
  if (event.target.closest("[aria-disabled=true]")) event.preventDefault()
}, true)
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return
  for (const button of document.querySelectorAll("[data-idle]")) {
    button.textContent = button.dataset.idle
    button.removeAttribute("aria-disabled")
  }
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

// A countdown beside a moment that the page names in words already: days first, seconds in the last hour.
for (const shown of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(shown.dataset.until)
  const words = shown.textContent
  const tick = () => {
    const left = Math.floor((until - Date.now()) / 1000)
    if (left < 0) return location.reload()
    const [days, hours, minutes, seconds] = [left / 86400, (left / 3600) % 24, (left / 60) % 60, left % 60].map(Math.floor)
    const pair = (value) => String(value).padStart(2, "0")
    const clock = days ? `${days}d ${hours}h ${minutes}m` : `${hours}:${pair(minutes)}:${pair(seconds)}`
    shown.textContent = `${words} · ${clock}`
    setTimeout(tick, days ? 60000 : 1000)
  }
  if (until > Date.now()) tick()
}
