// Few panels in a high window grow, so that they fill it.

const MOST = 24; // panels: with more of them there is no room to fill
const PHONE = 700; // pixels of width up to which panels stay as they are; the same as in style.css
const HIGHEST = 0.9; // of the width of the narrowest panel
const WORTH = 4; // pixels
const SETTLES = 2; // times that the heights are measured: a table beside the panels may be higher than they are at first

/** Make the plots as high as the window has room for, never so high that it scrolls. @param {HTMLElement} space with the panels */
export function fit(space) {
  space.style.removeProperty("--plot");
  const panels = /** @type {HTMLElement[]} */ ([...space.querySelectorAll(":scope > .panel")]);
  if (!panels.length || panels.length > MOST || innerWidth <= PHONE || space.classList.contains("large")) return;
  const highest = HIGHEST * Math.min(...panels.map((panel) => panel.clientWidth));
  const rows = new Set(panels.map((panel) => panel.offsetTop)).size;
  const plots = /** @type {HTMLElement[]} */ ([...space.querySelectorAll(".plot")]);
  const lowest = () => Math.min(...plots.map((plot) => plot.getBoundingClientRect().height)); // beside a panel with many names, others are higher
  for (let i = 0; i < SETTLES; i++) {
    const free = innerHeight - /** @type {HTMLElement} */ (space.closest("main")).getBoundingClientRect().bottom - scrollY - 1;
    const height = Math.floor(Math.min(highest, lowest() + free / rows));
    if (height < lowest() + WORTH) return;
    space.style.setProperty("--plot", `${height}px`);
  }
}
