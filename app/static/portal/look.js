// A colour's field and its picker follow each other; the field is what is sent.
for (const picker of document.querySelectorAll("[data-picks]")) {
  const field = document.querySelector(`[data-colour="${picker.dataset.picks}"]`)
  picker.addEventListener("input", () => { field.value = picker.value })
  field.addEventListener("input", () => { if (/^#[0-9a-f]{6}$/i.test(field.value)) picker.value = field.value })
}
