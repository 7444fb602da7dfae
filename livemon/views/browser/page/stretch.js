// The visible stretch of x: panning, and zooming in and out step by step. Each asks for another lens.

export const STEP = 2; // the factor of a step

/** @typedef {{low: number, high: number, isLog: boolean}} Stretch */

/** The stretch that all panels with a common x show; null if there is none. @param {any} page
 * @returns {Stretch|null} */
function seen(page) {
  for (const key of page.board.order) {
    const panel = page.board.panels.get(key);
    if (panel.lines.length && !panel.boxes.length && !panel.bars) return { low: panel.x_limits[0], high: panel.x_limits[1], isLog: panel.x_scale === "log" };
  }
  return null;
}

/** Zoom in or out around an x. @param {any} page @param {"in"|"out"} which @param {number} [around] */
export function zoom(page, which, around) {
  const now = seen(page);
  if (!now) return page.notify("there is no curve to zoom");
  if (which === "out" && !page.board.parts.lens.zoom) return page.notify("all of it is shown");
  return zoomTo(page, scaled(now, which === "in" ? 1 / STEP : STEP, around ?? page.place ?? (now.low + now.high) / 2));
}

/** Ask for a stretch, or for all of x if it has all of it. @param {any} page @param {{low: number, high: number}} to @param {boolean} [instead] see `move` */
export function zoomTo(page, { low, high }, instead = false) {
  const ends = page.board.parts.axes.whole;
  const near = 0.02 * (high - low); // a stretch is rounded
  const isWhole = ends && low <= ends[0] + near && high >= ends[1] - near;
  return page.move(isWhole ? { action: "whole" } : { action: "zoom", low, high }, instead);
}

/** Pan along x by a share of the visible stretch. @param {any} page @param {number} share */
export function pan(page, share) {
  const now = seen(page);
  if (!now || !page.board.parts.lens.zoom) return page.notify("all of it is shown: zoom first");
  const { low, high } = shifted(now, share);
  return page.move({ action: "zoom", low, high });
}

/** @param {Stretch} now @param {number} times @param {number} around @returns {Stretch} */
export function scaled({ low, high, isLog }, times, around) {
  if (isLog) return { low: around * (low / around) ** times, high: around * (high / around) ** times, isLog };
  return { low: around + (low - around) * times, high: around + (high - around) * times, isLog };
}

/** @param {Stretch} now @param {number} share @returns {Stretch} */
export function shifted({ low, high, isLog }, share) {
  if (isLog) return { low: low * (high / low) ** share, high: high * (high / low) ** share, isLog };
  return { low: low + (high - low) * share, high: high + (high - low) * share, isLog };
}

/** The value at a share of a stretch. @param {Stretch} now @param {number} share */
export const valueAt = ({ low, high, isLog }, share) => isLog ? low * (high / low) ** share : low + (high - low) * share;

/** A stretch moved, and if necessary cut, so that it has nothing beyond the data. @param {any} page @param {Stretch} to @returns {Stretch} */
export function within(page, to) {
  const ends = page.board.parts.axes.whole;
  if (!ends || to.isLog) return to;
  const low = Math.max(ends[0], Math.min(to.low, ends[1] - (to.high - to.low)));
  return { low, high: Math.min(ends[1], low + to.high - to.low), isLog: false };
}
