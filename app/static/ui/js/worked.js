// A form that shows what comes of it while it is filled in. Its fields stay the same ones, because somebody may be
// typing in the next of them when an answer arrives; what stands around the fields is renewed. Where the program
// itself has changed fields, as with an item that was added to a bag, the answer takes the place of the whole form.

const FIELDS = "input, select, textarea, button, datalist, [role=status]"
const has = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(FIELDS) || node.querySelector(FIELDS))
const written = (fields) => new URLSearchParams(fields).toString()

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt, formData } = detail.requestConfig
  if (elt !== detail.target || !elt.matches("form")) return
  const fresh = new DOMParser().parseFromString(detail.serverResponse, "text/html").getElementById(elt.id)
  if (!fresh || written(new FormData(fresh)) !== written(formData)) return
  renew(elt, fresh)
  detail.swapOverride = "none"
})

function renew(old, fresh) {
  for (const name of ["class", "aria-invalid", "aria-describedby"]) {
    if (fresh.hasAttribute(name)) old.setAttribute(name, fresh.getAttribute(name))
    else old.removeAttribute(name)
  }
  // A status is told when its words change, and not when another takes its place.
  if (old.matches("[role=status]")) old.replaceChildren(...fresh.childNodes)
  if (old.matches(FIELDS)) return
  const staying = [...old.childNodes].filter(has)
  for (const node of [...old.childNodes]) if (!staying.includes(node)) node.remove()
  for (const node of [...fresh.childNodes]) {
    if (has(node)) renew(staying.shift(), node)
    else if (staying.length) staying[0].before(node)
    else old.append(node)
  }
}
