// A page of a draft: nothing is sent from it. In the editor's frame it shows each change in place.
import { morph } from "../ui/js/morph.js"

const own = document.querySelector("script[data-prefix]")
const editor = document.querySelector("meta[name=awning-editor]")?.content

// A draft sells nothing. The server refuses, too; this says why without leaving the page.
document.addEventListener("submit", (event) => {
  if (event.target.method.toLowerCase() !== "post") return
  event.preventDefault()
  event.stopImmediatePropagation()
  say(own.dataset.says)
}, true)

let shown
function say(words) {
  document.querySelector(".awning-says")?.remove()
  const note = document.createElement("p")
  note.className = "awning-says"
  note.setAttribute("role", "status")
  document.body.append(note)
  note.textContent = words
  clearTimeout(shown)
  shown = setTimeout(() => note.remove(), 6000)
}

if (editor && parent !== window) {
  const tell = (message) => parent.postMessage({ awning: true, ...message }, editor)
  let edited = ""
  let asked = 0
  let scrolls = false

  const root = (id) => {
    // Where a section begins is marked by a comment; one that has nothing to show has no element.
    const walker = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_COMMENT)
    while (walker.nextNode()) {
      if (walker.currentNode.data !== `section:${id}`) continue
      let next = walker.currentNode.nextSibling
      while (next && next.nodeType === Node.TEXT_NODE) next = next.nextSibling
      return next?.nodeType === Node.ELEMENT_NODE ? next : null
    }
    return null
  }
  const outline = (scroll) => {
    for (const each of document.querySelectorAll(".awning-edited")) each.classList.remove("awning-edited")
    const found = edited && root(edited)
    if (!found) return
    found.classList.add("awning-edited")
    const box = found.getBoundingClientRect()
    if (scroll && (box.top > innerHeight * 0.7 || box.bottom < innerHeight * 0.3)) {
      found.scrollIntoView({ block: box.height > innerHeight ? "start" : "center" })
    }
  }
  // Sheets are loaded before they count, so that no page is ever seen without them. The look's own tokens
  // come along in words, and count until their sheet is here.
  const tokens = new CSSStyleSheet()
  const sheets = (page) => {
    const wanted = [...page.querySelectorAll("link[rel=stylesheet]")].map((each) => each.getAttribute("href"))
    const have = [...document.querySelectorAll("link[rel=stylesheet]")]
    const missing = wanted.filter((href) => !have.some((each) => each.getAttribute("href") === href))
    const loads = missing.map((href) => new Promise((done) => {
      const link = document.createElement("link")
      link.rel = "stylesheet"
      link.href = href
      link.onload = link.onerror = done
      const before = wanted.indexOf(href)
      const follower = have.find((each) => wanted.indexOf(each.getAttribute("href")) > before)
      follower ? follower.before(link) : document.head.append(link)
    }))
    const all = Promise.all(loads).then(() => {
      for (const each of have) if (!wanted.includes(each.getAttribute("href"))) each.remove()
    })
    const words = page.querySelector("meta[name=awning-tokens]")?.content
    if (!words || missing.some((href) => !href.includes("/_theme/"))) return all
    if (missing.length) {
      const mine = asked
      tokens.replaceSync(words)
      document.adoptedStyleSheets = [tokens]
      all.then(() => { if (mine === asked) document.adoptedStyleSheets = [] })
    }
    return null
  }
  let done = 0
  const refresh = async (number) => {
    const mine = ++asked
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" })
    const html = await answer.text()
    if (mine !== asked) return
    const page = new DOMParser().parseFromString(html, "text/html")
    await sheets(page)
    if (mine !== asked) return
    for (const { name, value } of page.documentElement.attributes) document.documentElement.setAttribute(name, value)
    document.title = page.title
    morph(document.body, page.body)
    done = mine
    tell({ shown: number })
    outline(scrolls)
    scrolls = false
  }

  addEventListener("message", (event) => {
    if (event.origin !== editor || event.source !== parent || !event.data?.awning) return
    const { refresh: number, go, section } = event.data
    if (go) return location.assign(own.dataset.prefix + go)
    if (section !== undefined) {
      edited = section
      scrolls = Boolean(number) || asked > done
      outline(true)
    }
    if (number) refresh(number).catch(() => location.reload())
  })
  // A press on a section that is no link opens its settings.
  document.addEventListener("click", (event) => {
    if (event.target.closest("a, button, input, select, textarea, summary, label")) return
    for (let node = event.target; node && node.id !== "main"; node = node.parentElement) {
      if (node.parentElement?.id !== "main") continue
      let before = node.previousSibling
      while (before && before.nodeType === Node.TEXT_NODE) before = before.previousSibling
      if (before?.nodeType === Node.COMMENT_NODE && before.data.startsWith("section:")) {
        tell({ chose: before.data.slice(8) })
      }
    }
  })
  // Links lead through the draft; those that lead out of it open beside the editor.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]")
    if (!link || link.origin === location.origin && link.pathname.startsWith(own.dataset.prefix)) return
    if (link.hash && link.pathname === location.pathname) return
    event.preventDefault()
    say("This link leads out of the store, so it is not followed here.")
  })
  tell({ at: location.pathname.slice(own.dataset.prefix.length) || "/" })
}
