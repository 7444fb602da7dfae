// Draws the content of a panel into the canvas of uPlot, which draws the axes and the grid.

import { spaceFor } from "./words.js";

/** @typedef {import("./board.js").Panel} Panel */
/** @typedef {import("./board.js").Line} Line */
/** @typedef {import("./words.js").Box} Box */

/** @type {Record<string, number[]>} */
export const DASHES = { solid: [], dashed: [6, 3], dotted: [2, 2.5], dashdot: [7, 2.5, 2, 2.5] };

const MANY = 40; // lines: with more of them, the lines in the background are kept as a picture
/** @type {WeakMap<any, {made: any[], canvas: any}>} */
const layers = new WeakMap();
const MOST_ROWS = 4; // of crosses at an edge
const SAME = 0.2; // pixels of the canvas: the largest distance of a stroke from a point; each point of a stroke costs

/** From values to pixels of the canvas. @param {any} u */
function places(u) {
  const { left, top, width, height } = u.bbox;
  const x = u.scales.x;
  const y = u.scales.y;
  const isLog = y.distr === 3;
  const low = isLog ? Math.log10(y.min) : y.min;
  const high = isLog ? Math.log10(y.max) : y.max;
  const isLogX = x.distr === 3;
  const lowX = isLogX ? Math.log10(x.min) : x.min;
  const perX = width / ((isLogX ? Math.log10(x.max) : x.max) - lowX || 1);
  const perY = height / (high - low || 1);
  return {
    x: (/** @type {number} */ value) => left + ((isLogX ? Math.log10(value) : value) - lowX) * perX,
    y: (/** @type {number} */ value) => top + height - ((isLog ? Math.log10(value) : value) - low) * perY,
    isLog, left, top, right: left + width, bottom: top + height,
    /** @type {Map<string, number>} */ rows: new Map(), // of marks at an edge; see rowsOfMarks
    /** @type {Box[]} */ taken: [], // by marks and words
    /** @type {Line[]} */ lines: [], // that words should not cover
    halo: "", // the colour behind words
  };
}

/** @param {any} u @param {Panel} panel @param {any} table @param {Record<string, string>} colours @param {number} [ratio] canvas pixels per page pixel */
export function drawPanel(u, panel, table, colours, ratio = devicePixelRatio) {
  const context = u.ctx;
  const at = places(u);
  context.save();
  context.beginPath();
  context.rect(at.left, at.top, at.right - at.left, at.bottom - at.top);
  context.clip();
  context.lineJoin = "round";
  at.halo = colours["frame-panel"];
  at.lines = panel.lines.filter((line) => line.kind !== "raw");
  at.rows = rowsOfMarks(panel.marks, table);
  at.taken = panel.marks.flatMap((mark) => boxOf(at, mark, table.marks[mark.kind], ratio) || []);
  const alpha = table.bands[Math.min(Math.max(panel.bands.length, 1), 3) - 1];
  for (const band of panel.bands) drawBand(context, at, band, colours[band.colour], alpha);
  for (const mark of panel.marks) {
    const look = table.marks[mark.kind];
    if (isUpright(look)) upright(context, at, mark, look, colours, ratio);
  }
  if (panel.bars) drawBars(context, at, panel.bars, colours);
  panel.boxes.forEach((box, place) => drawBox(context, at, box, place + 1, colours[panel.colour], ratio));
  const ordered = [...panel.lines].sort((one, two) => table.lines[one.kind].order - table.lines[two.kind].order);
  const draw = (/** @type {any} */ on, /** @type {Line[]} */ lines) => {
    for (const line of lines) drawLine(on, at, line, table.lines[line.kind], colours[line.colour], ratio);
  };
  const isBehind = (/** @type {Line} */ line) => line.kind === "raw" && line.colour === "grey"; // of many runs, all but the best
  const behind = u.root && ordered.length > MANY ? ordered.filter(isBehind) : [];
  if (behind.length) context.drawImage(layerOf(u, behind, colours, draw), 0, 0);
  draw(context, behind.length ? ordered.filter((line) => !isBehind(line)) : ordered);
  context.restore();
  context.save();
  const margin = 6 * ratio;
  context.beginPath();
  context.rect(at.left - margin, at.top - margin, at.right - at.left + 2 * margin, at.bottom - at.top + 2 * margin);
  context.clip();
  for (const mark of panel.marks) drawMark(context, at, mark, table.marks[mark.kind], colours, ratio);
  for (const mark of panel.marks) nameMark(context, at, mark, table.marks[mark.kind], colours, ratio);
  context.restore();
}

/** Some of very many lines as a picture of their own, which is drawn anew only if one of them has changed.
 * @param {any} u @param {Line[]} lines @param {Record<string, string>} colours @param {(on: any, lines: Line[]) => void} draw */
function layerOf(u, lines, colours, draw) {
  const { width, height } = u.ctx.canvas;
  const { x, y } = u.scales;
  const { left, top } = u.bbox;
  const made = [colours, width, height, left, top, u.bbox.width, u.bbox.height, x.min, x.max, x.distr, y.min, y.max, y.distr,
    ...lines.flatMap((line) => [line.x, line.y, line.colour, line.dash])];
  const known = layers.get(u);
  if (known?.made.length === made.length && known.made.every((/** @type {any} */ part, /** @type {number} */ i) => part === made[i])) return known.canvas;
  const canvas = known?.canvas || document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height]; // which clears it
  const context = canvas.getContext("2d");
  context.lineJoin = "round";
  draw(context, lines);
  layers.set(u, { made, canvas });
  return canvas;
}

/** @param {any} context @param {any} at @param {Line} line @param {any} look @param {string} colour @param {number} ratio */
function drawLine(context, at, line, look, colour, ratio) {
  const { x, y } = line;
  context.globalAlpha = look.alpha;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = look.width * ratio;
  context.setLineDash((DASHES[/** @type {"solid"} */ (line.dash)] || []).map((length) => length * ratio));
  context.beginPath();
  strokeCurve(context, at, line);
  context.stroke();
  context.setLineDash([]);
  // A point between two gaps makes no line; if there are few points, each has a dot.
  const dot = (look.dot || 2.4) / 2 * ratio;
  context.beginPath();
  for (let i = 0; i < x.length; i++) {
    const isAlone = !(y[i - 1] === y[i - 1]) && !(y[i + 1] === y[i + 1]);
    if ((look.dot || isAlone) && y[i] === y[i] && !(at.isLog && y[i] <= 0)) {
      const px = at.x(x[i]);
      const py = at.y(y[i]);
      context.moveTo(px + dot, py);
      context.arc(px, py, dot, 0, 2 * Math.PI);
    }
  }
  context.fill();
  context.globalAlpha = 1;
}

/** Add the path of a curve. Of consecutive points on a straight line, it has only the ends: a straight line ends when
 * no slope from the last point of the path passes within SAME of all points after it.
 * @param {any} context @param {any} at @param {Line} line */
function strokeCurve(context, at, { x, y }) {
  let isDown = false;
  let [fromX, fromY, lastX, lastY, lowest, highest] = [0, 0, 0, 0, -Infinity, Infinity];
  for (let i = 0; i < x.length; i++) {
    const value = y[i];
    if (!(value === value) || (at.isLog && value <= 0)) {
      if (isDown) context.lineTo(lastX, lastY);
      isDown = false;
      continue;
    }
    const px = at.x(x[i]);
    const py = at.y(value);
    if (!isDown) {
      context.moveTo(px, py);
      [fromX, fromY, lowest, highest, isDown] = [px, py, -Infinity, Infinity, true];
    } else {
      const slope = (py - fromY) / (px - fromX);
      if (!(px > fromX && slope >= lowest && slope <= highest)) {
        context.lineTo(lastX, lastY);
        [fromX, fromY, lowest, highest] = [lastX, lastY, -Infinity, Infinity];
      }
      const run = px - fromX;
      lowest = Math.max(lowest, (py - SAME - fromY) / run);
      highest = Math.min(highest, (py + SAME - fromY) / run);
    }
    lastX = px;
    lastY = py;
  }
  if (isDown) context.lineTo(lastX, lastY);
}

/** @param {any} context @param {any} at @param {any} band @param {string} colour @param {number} alpha */
function drawBand(context, at, band, colour, alpha) {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  let first = 0;
  const hasValue = (/** @type {number} */ i) => i < band.x.length && band.low[i] === band.low[i] && band.high[i] === band.high[i];
  while (first < band.x.length) {
    while (first < band.x.length && !hasValue(first)) first++;
    let end = first;
    while (hasValue(end)) end++;
    if (end > first) {
      context.beginPath();
      const floor = (/** @type {number} */ value) => at.isLog && value <= 0 ? at.bottom : at.y(value);
      for (let i = first; i < end; i++) context.lineTo(at.x(band.x[i]), floor(band.high[i]));
      for (let i = end - 1; i >= first; i--) context.lineTo(at.x(band.x[i]), floor(band.low[i]));
      context.fill();
    }
    first = end;
  }
  context.globalAlpha = 1;
}

/** @param {any} context @param {any} at @param {any} bars @param {Record<string, string>} colours */
function drawBars(context, at, bars, colours) {
  context.fillStyle = colours[bars.colour];
  for (let i = 0; i < bars.counts.length; i++) {
    const left = at.x(bars.edges[i]);
    const top = at.y(bars.counts[i]);
    context.fillRect(left, top, Math.max(at.x(bars.edges[i + 1]) - left - 1, 1), at.bottom - top);
  }
}

/** @param {any} context @param {any} at @param {any} box @param {number} place @param {string} colour @param {number} ratio */
function drawBox(context, at, box, place, colour, ratio) {
  if (box.median === null) return;
  const [left, middle, right] = [at.x(place - 0.3), at.x(place), at.x(place + 0.3)];
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = ratio;
  context.globalAlpha = 0.25;
  context.fillRect(left, at.y(box.q3), right - left, at.y(box.q1) - at.y(box.q3));
  context.globalAlpha = 1;
  context.beginPath();
  for (const [from, to] of [[box.low, box.q1], [box.q3, box.high]]) {
    context.moveTo(middle, at.y(from));
    context.lineTo(middle, at.y(to));
  }
  context.rect(left, at.y(box.q3), right - left, at.y(box.q1) - at.y(box.q3));
  context.stroke();
  context.lineWidth = 2 * ratio;
  context.beginPath();
  context.moveTo(left, at.y(box.median));
  context.lineTo(right, at.y(box.median));
  context.stroke();
}

/** @param {any} look @param {any} mark @param {Record<string, string>} colours */
function colourOf(look, mark, colours) {
  return look.colour === "own" ? colours[mark.colour] : colours[`frame-${look.colour}`];
}

/** @param {any} context @param {any} at @param {any} mark @param {any} look @param {Record<string, string>} colours @param {number} ratio */
function upright(context, at, mark, look, colours, ratio) {
  const x = at.x(mark.x);
  context.strokeStyle = context.fillStyle = colourOf(look, mark, colours);
  context.lineWidth = look.size * ratio;
  context.setLineDash(DASHES[/** @type {"dashed"} */ (look.shape)].map((length) => length * ratio));
  context.beginPath();
  context.moveTo(x, at.top);
  context.lineTo(x, at.bottom);
  context.stroke();
  context.setLineDash([]);
}

/** @param {any} look */
const isUpright = (look) => Boolean(look) && ["dashed", "dotted", "dashdot"].includes(look.shape);

/** The rows of the crosses at each edge: curves of several colours that are NaN at the same x have a row each, as long as there are few.
 * @param {any[]} marks @param {any} table @returns {Map<string, number>} edge and colour -> row, from the edge on */
function rowsOfMarks(marks, table) {
  const rows = new Map();
  const counts = { top: 0, bottom: 0 };
  for (const mark of marks) {
    if (mark.y !== null || table.marks[mark.kind]?.shape !== "cross" || rows.has(mark.edge + mark.colour)) continue;
    rows.set(mark.edge + mark.colour, counts[/** @type {"top"} */ (mark.edge)]++ % MOST_ROWS);
  }
  return rows;
}

/** The middle of a mark. @param {any} at @param {any} mark @param {number} half of its size */
function middle(at, mark, half) {
  if (mark.y !== null) return [at.x(mark.x), at.y(mark.y)];
  const away = half + 1 + (mark.kind === "nan" || mark.kind === "inf" ? at.rows.get(mark.edge + mark.colour) || 0 : 0) * (2 * half + 1);
  return [at.x(mark.x), mark.edge !== "bottom" ? at.top + away : at.bottom - away];
}

/** The space of a mark; null for one that has none. @param {any} at @param {any} mark @param {any} look @param {number} ratio @returns {Box|null} */
function boxOf(at, mark, look, ratio) {
  if (!look || isUpright(look)) return null;
  const half = look.size / 2 * ratio;
  const [x, y] = middle(at, mark, half);
  return { left: x - half, top: y - half, right: x + half, bottom: y + half };
}

/** Write the words of a mark, with a halo that keeps them readable. @param {any} context @param {any} at @param {any} mark @param {any} look
 * @param {Record<string, string>} colours @param {number} ratio */
function nameMark(context, at, mark, look, colours, ratio) {
  const x = at.x(mark.x);
  if (!look || !mark.text || x < at.left - 1 || x > at.right + 1) return;
  context.font = `${10 * ratio}px system-ui, sans-serif`;
  context.textAlign = "left"; // uPlot leaves its own
  context.textBaseline = "alphabetic";
  const text = mark.text.length > 40 ? `${mark.text.slice(0, 39)}…` : mark.text;
  const width = context.measureText(text).width;
  const half = isUpright(look) ? ratio : look.size / 2 * ratio;
  const y = isUpright(look) ? at.top + (22 - 4 + 9 * Math.max(0, ...at.rows.values())) * ratio : middle(at, mark, half)[1]; // below marks at the edge
  const space = spaceFor(at, x, y, half + 2 * ratio, width, ratio);
  if (!space) return;
  at.taken.push(space);
  context.lineWidth = 3 * ratio;
  context.strokeStyle = at.halo;
  context.strokeText(text, space.left, space.bottom - 3 * ratio);
  context.fillStyle = colourOf(look, mark, colours);
  context.fillText(text, space.left, space.bottom - 3 * ratio);
}

/** @param {any} context @param {any} at @param {any} mark @param {any} look @param {Record<string, string>} colours @param {number} ratio */
function drawMark(context, at, mark, look, colours, ratio) {
  if (!look || isUpright(look)) return;
  const x = at.x(mark.x);
  if (x < at.left - 1 || x > at.right + 1) return;
  const isTop = mark.edge !== "bottom";
  const half = look.size / 2 * ratio;
  const y = middle(at, mark, half)[1];
  context.strokeStyle = context.fillStyle = colourOf(look, mark, colours);
  context.lineWidth = 1.6 * ratio;
  context.beginPath();
  if (look.shape === "cross") {
    context.moveTo(x - half, y - half);
    context.lineTo(x + half, y + half);
    context.moveTo(x - half, y + half);
    context.lineTo(x + half, y - half);
    context.stroke();
  } else if (look.shape === "ring") {
    context.arc(x, y, half, 0, 2 * Math.PI);
    context.stroke();
  } else if (look.shape === "dot") {
    context.arc(x, y, half, 0, 2 * Math.PI);
    context.fill();
  } else {
    corners(look.shape, isTop).forEach(([dx, dy]) => context.lineTo(x + dx * half, y + dy * half));
    context.fill();
  }
}

/** @param {string} shape @param {boolean} isTop @returns {number[][]} */
function corners(shape, isTop) {
  if (shape === "triangle") return isTop ? [[0, -1], [1, 1], [-1, 1]] : [[0, 1], [1, -1], [-1, -1]];
  if (shape === "square") return [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  if (shape === "diamond") return [[0, -1], [1, 0], [0, 1], [-1, 0]];
  return Array.from({ length: 10 }, (_, i) => {
    const far = i % 2 ? 0.45 : 1;
    const angle = Math.PI * (i / 5 - 0.5);
    return [far * Math.cos(angle), far * Math.sin(angle)];
  });
}
