// Moving between the cells of a sheet, the same in the portal and the console.

// Where a key leads from a cell: rows and columns to go, or null for keys that stay in it. Left and right
// lead out of it only from its ends, so that a figure can be edited.
export function step(event) {
  const { selectionStart: start, selectionEnd: end, value } = event.target
  const whole = start === 0 && end === value.length
  switch (event.key) {
    case "ArrowDown": return [1, 0]
    case "ArrowUp": return [-1, 0]
    case "Enter": return [event.shiftKey ? -1 : 1, 0]
    case "ArrowLeft": return whole || end === 0 ? [0, -1] : null
    case "ArrowRight": return whole || start === value.length ? [0, 1] : null
  }
  return null
}

export function visit(input) {
  input.focus()
  input.select()
}

// What was copied from a sheet, as lines.
export const lines = (event) => event.clipboardData.getData("text").replace(/\r?\n$/, "").split(/\r?\n/)
