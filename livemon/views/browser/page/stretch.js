// The visible stretch of x: panning, and zooming in and out step by step. Each asks for another lens.

const WHEEL_MS = 180; // from the last turn of the wheel, which moves the picture at once, to the request for a lens
const STEP = 2; // the factor of a step

/** The stretch that all panels with a common x show; null if there is none. @param {any} page
 * @returns {{low: number, high: number, isLog: boolean}|null} */
function seen(page) {
  for (const key of page.board.order) {
    const panel = page.board.panels.get(key);
    if (panel.lines.length && !panel.boxes.length && !panel.bars) return { low: panel.x_limits[0], high: panel.x_limits[1], isLog: panel.x_scale === "log" };
  }
  return null;
}

/** The beginning and the end of the data, from the rulers or the curves. @param {any} page */
function whole(page) {
  let [low, high] = [Infinity, -Infinity];
  for (const ruler of page.board.parts.rulers) {
    if (!ruler.x.length) continue;
    low = Math.min(low, ruler.x[0]);
    high = Math.max(high, ruler.x[ruler.x.length - 1]);
  }
  return high > low ? { low, high } : page.whole[page.board.parts.axes.kind];
}

/** Zoom in or out around an x. @param {any} page @param {"in"|"out"} which @param {number} [around] */
export function zoom(page, which, around) {
  const now = seen(page);
  if (!now) return page.notify("there is no curve to zoom");
  const { low, high } = scaled(now, which === "in" ? 1 / STEP : STEP, around ?? page.place ?? (now.low + now.high) / 2);
  const ends = whole(page);
  if (which === "out" && !page.board.parts.lens.zoom) return page.notify("all of it is shown");
  const near = 0.02 * (high - low); // a stretch is rounded
  if (which === "out" && ends && low <= ends.low + near && high >= ends.high - near) return page.move({ action: "whole" });
  return page.move({ action: "zoom", low, high });
}

/** Pan along x by a share of the visible stretch. @param {any} page @param {number} share */
export function pan(page, share) {
  const now = seen(page);
  if (!now || !page.board.parts.lens.zoom) return page.notify("all of it is shown: zoom first");
  const { low, high } = shifted(now, share);
  return page.move({ action: "zoom", low, high });
}

/** @param {{low: number, high: number, isLog: boolean}} now @param {number} times @param {number} around */
function scaled({ low, high, isLog }, times, around) {
  if (isLog) return { low: around * (low / around) ** times, high: around * (high / around) ** times };
  return { low: around + (low - around) * times, high: around + (high - around) * times };
}

/** @param {{low: number, high: number, isLog: boolean}} now @param {number} share */
function shifted({ low, high, isLog }, share) {
  if (isLog) return { low: low * (high / low) ** share, high: high * (high / low) ** share };
  return { low: low + (high - low) * share, high: high + (high - low) * share };
}

/** Follow the wheel over a plot: with Ctrl it zooms; with Shift, or sideways, it pans; alone it scrolls the page. A
 * drag with the middle button, or with Ctrl, also pans. The picture moves at once, and is read anew at the end.
 * @param {any} view a panel @param {any} u its plot */
export function follow(view, u) {
  const { page } = view;
  let waits = 0;
  const settle = (/** @type {{low: number, high: number}} */ to) => {
    view.panel.x_limits = [to.low, to.high];
    u.setScale("x", { min: to.low, max: to.high });
    clearTimeout(waits);
    waits = setTimeout(() => page.move({ action: "zoom", low: to.low, high: to.high }, page.stretchedAt > Date.now() - 1500).then(() => { page.stretchedAt = Date.now(); }), WHEEL_MS);
  };
  const now = () => ({ low: view.panel.x_limits[0], high: view.panel.x_limits[1], isLog: view.panel.x_scale === "log" });
  u.over.addEventListener("wheel", (/** @type {WheelEvent} */ event) => {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    if (!event.ctrlKey && !sideways) return;
    event.preventDefault();
    const pointed = u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x");
    settle(event.ctrlKey ? scaled(now(), STEP ** (Math.sign(event.deltaY) * 0.25), pointed) : shifted(now(), sideways / u.over.clientWidth));
  }, { passive: false });
  u.over.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (!isHand(event)) return;
    event.preventDefault();
    const [from, began] = [event.clientX, now()];
    const moves = (/** @type {PointerEvent} */ move) => settle(shifted(began, (from - move.clientX) / u.over.clientWidth));
    const ends = () => {
      removeEventListener("pointermove", moves);
      removeEventListener("pointerup", ends);
    };
    addEventListener("pointermove", moves);
    addEventListener("pointerup", ends);
  });
}

/** Whether a mouse button moves the picture, instead of selecting a stretch. @param {MouseEvent} event */
export const isHand = (event) => event.button === 1 || (event.button === 0 && event.ctrlKey);
