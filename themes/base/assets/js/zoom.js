// Pictures in full size over the page. Without this file their links lead to the pictures themselves.
const dialog = document.querySelector("[data-zoomed]");
let place = 0;

const links = () => [...document.querySelectorAll("a[data-zoom]")];

function show(next) {
  const all = links();
  place = (next + all.length) % all.length;
  const picture = dialog.querySelector("img");
  picture.src = all[place].href;
  picture.alt = all[place].querySelector("img").alt;
  for (const button of dialog.querySelectorAll("[data-turn]")) button.hidden = all.length < 2;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-zoom]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    show(links().indexOf(link));
    dialog.showModal();
  }
  const turn = event.target.closest("[data-turn]");
  if (turn) show(place + Number(turn.dataset.turn));
  if (event.target === dialog) dialog.close();
});

dialog.addEventListener("keydown", (event) => {
  const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") show(place + (event.key === forward ? 1 : -1));
});
