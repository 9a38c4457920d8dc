// Makes one part of a page like another by changing only what differs, so that places, focus and what is
// being typed stay.

export function morph(from, to, keep = () => false) {
  if (keep(from)) return
  attributes(from, to)
  const wanted = [...to.childNodes]
  const named = new Map()
  for (const child of from.children) if (child.id) named.set(child.id, child)
  const needed = new Set(wanted.map((child) => child.id).filter(Boolean))
  let at = from.firstChild
  for (const child of wanted) {
    const same = child.id ? named.get(child.id) : null
    if (same && same !== at) {
      // What stands before it goes, rather than that it moves: a frame that is moved begins anew.
      while (at && at !== same && !(at.id && needed.has(at.id))) at = dropped(at)
      if (at !== same) from.insertBefore(same, at)
    }
    if (!same && at && child.nodeType === Node.ELEMENT_NODE && !alike(at, child)) {
      // Spaces between elements are no reason to make the next one anew.
      let next = at
      while (next && next.nodeType === Node.TEXT_NODE) next = next.nextSibling
      if (next && alike(next, child)) while (at !== next) at = dropped(at)
    }
    const here = same ?? at
    if (here && alike(here, child)) {
      at = here.nextSibling
      if (here.nodeType === Node.ELEMENT_NODE) {
        if (!here.isEqualNode(child)) morph(here, child, keep)
        else controls(here, child, keep)
      } else if (here.data !== child.data) here.data = child.data
    } else {
      from.insertBefore(document.importNode(child, true), at)
    }
  }
  while (at) at = dropped(at)
}

function dropped(node) {
  const next = node.nextSibling
  // What a script has put here is not the server's to take away.
  if (!node.classList?.contains("awning-says")) node.remove()
  return next
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id ?? "") === (other.id ?? "")
}

function attributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !(name === "open" && from.matches("details, dialog"))) from.removeAttribute(name)
  }
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value)
  control(from, to)
}

function control(from, to) {
  if (from.matches("input[type=checkbox], input[type=radio]")) from.checked = to.hasAttribute("checked")
  else if (from.matches("input:not([type=file])")) { if (from.value !== to.value) from.value = to.value }
  else if (from.matches("textarea")) { if (from.value !== to.textContent) from.value = to.textContent }
  else if (from.matches("option")) from.selected = to.hasAttribute("selected")
}

// Markup may be the same while somebody has typed something else meanwhile.
function controls(from, to, keep) {
  const others = to.querySelectorAll("input, textarea, option")
  const own = from.querySelectorAll("input, textarea, option")
  if (!keep(from)) control(from, to)
  own.forEach((each, place) => { if (!keep(each)) control(each, others[place]) })
}
