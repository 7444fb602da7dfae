// Where the words of a mark stand in a plot.

/** @typedef {import("./board.js").Line} Line */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {{x: (value: number) => number, y: (value: number) => number, left: number, top: number, right: number, bottom: number, taken: Box[], lines: Line[]}} Plot
 *   from values to pixels of the canvas, its limits, and what words should not cover */

const ROWS = 6; // of words, from a mark on
const ROW = 12; // pixels
const ASIDE = [8, 16, 32]; // pixels

/** A space for words beside a mark that covers no mark, no other words and no curve; if there is none near it, one that covers no mark and no
 * words; null for none. @param {Plot} plot @param {number} x @param {number} y @param {number} beside pixels from the middle of the mark
 * @param {number} width @param {number} ratio canvas pixels per page pixel @returns {Box|null} */
export function spaceFor(plot, x, y, beside, width, ratio) {
  const free = spaces(plot, x, y, beside, width, ratio).filter((box) => !plot.taken.some((other) => overlap(box, other)));
  return free.find((box) => !plot.lines.some((line) => crosses(plot, line, box))) || free[0] || null;
}

/** Spaces for words, the best first: beside a mark, on its right, then on its left, then a little aside, as a curve at the left edge of a plot is
 * steep; then in the rows below or above, away from the nearer edge.
 * @param {Plot} plot @param {number} x @param {number} y @param {number} beside @param {number} width @param {number} ratio @returns {Box[]} */
function spaces(plot, x, y, beside, width, ratio) {
  const down = y < (plot.top + plot.bottom) / 2 ? 1 : -1;
  const right = x + beside;
  const lefts = [right, x - beside - width, ...ASIDE.map((pixels) => right + pixels * ratio)]
    .map((left) => Math.max(plot.left + 2, Math.min(left, plot.right - width - 2)));
  return Array.from({ length: ROWS }, (_, row) => y + (down * row - 0.5) * ROW * ratio)
    .filter((top) => top >= plot.top - 2 * ratio && top + ROW * ratio <= plot.bottom + 2 * ratio)
    .flatMap((top) => lefts.map((left) => ({ left, top, right: left + width, bottom: top + ROW * ratio })));
}

/** @param {Box} one @param {Box} two */
const overlap = (one, two) => one.left < two.right && one.right > two.left && one.top < two.bottom && one.bottom > two.top;

/** Whether a curve passes through a space. @param {Plot} plot @param {Line} line @param {Box} box */
function crosses(plot, { x, y }, box) {
  let low = 0;
  let high = x.length;
  while (low < high) { // the first point that is not left of it
    const half = (low + high) >> 1;
    if (plot.x(x[half]) < box.left) low = half + 1;
    else high = half;
  }
  for (let i = Math.max(1, low); i < x.length; i++) {
    const [from, to] = [plot.y(y[i - 1]), plot.y(y[i])];
    if (Math.min(from, to) <= box.bottom && Math.max(from, to) >= box.top) return true;
    if (plot.x(x[i]) > box.right) return false;
  }
  return false;
}
