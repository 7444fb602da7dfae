// The visible page as one picture, on a canvas (PNG) or in SVG: title, panels with axes, curves, names and rows.

import { drawPanel } from "./draw.js";
import { rowLimits } from "./rows.js";
import { SvgContext } from "./svg.js";

const [MARGIN, HEAD, FONT] = [12, 44, "system-ui, sans-serif"];

/** @typedef {CanvasRenderingContext2D|SvgContext} Context */

/** The panels of the page as one picture. @param {any} page @param {"png"|"svg"} kind @returns {Promise<Blob|null>} */
export function sheet(page, kind) {
  const views = page.board.order.map((/** @type {string} */ key) => page.views.get(key)).filter(Boolean);
  const mounted = views.filter((/** @type {any} */ view) => !view.plot && !view.isEmpty);
  for (const view of mounted) view.mount(); // panels off the screen
  for (const view of views) {
    if (!view.plot || !view.isStale) continue;
    view.unmount();
    view.mount();
    view.isStale = false;
  }
  try {
    const boxes = views.map((/** @type {any} */ view) => view.root.getBoundingClientRect());
    const space = document.getElementById("panels")?.getBoundingClientRect() || new DOMRect();
    const [width, height] = [Math.ceil(space.width + 2 * MARGIN), Math.ceil(space.height + HEAD + 2 * MARGIN)];
    const ratio = kind === "png" ? devicePixelRatio : 1;
    const canvas = document.createElement("canvas");
    if (kind === "png") [canvas.width, canvas.height] = [width * ratio, height * ratio];
    const context = kind === "png" ? /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")) : new SvgContext(width, height);
    if (kind === "png") context.scale(ratio, ratio);
    head(context, page, width, height);
    views.forEach((/** @type {any} */ view, /** @type {number} */ i) => {
      context.save();
      context.translate(boxes[i].left - space.left + MARGIN, boxes[i].top - space.top + HEAD + MARGIN);
      drawView(context, view, page, boxes[i], ratio);
      context.restore();
    });
    if (context instanceof SvgContext) return Promise.resolve(new Blob([context.text()], { type: "image/svg+xml" }));
    return new Promise((resolve) => canvas.toBlob(resolve));
  } finally {
    for (const view of mounted) view.unmount();
  }
}

/** @param {Context} context @param {any} page @param {number} width @param {number} height */
function head(context, page, width, height) {
  const colour = (/** @type {string} */ name) => page.colours[`frame-${name}`];
  context.fillStyle = colour("background");
  context.fillRect(0, 0, width, height);
  context.fillStyle = colour("text");
  context.textAlign = "left";
  context.font = `600 15px ${FONT}`;
  const title = fitted(context, page.board.parts.title, width / 3);
  context.fillText(title, MARGIN, 20);
  const after = MARGIN + context.measureText(title).width + 14;
  context.font = `12px ${FONT}`;
  const { header } = page.board.parts;
  context.fillText(fitted(context, [header.standing, header.progress.join(" · "), header.metric, header.zoomed, ...header.problems].filter(Boolean).join(" | "), width - after - MARGIN), after, 20);
  context.fillStyle = colour("muted");
  context.fillText(new Date().toLocaleString("sv"), MARGIN, 38);
}

/** @param {Context} context @param {any} view @param {any} page @param {DOMRect} box @param {number} ratio */
function drawView(context, view, page, box, ratio) {
  const { panel } = view;
  const colour = (/** @type {string} */ name) => page.colours[`frame-${name}`];
  context.fillStyle = colour("panel");
  context.fillRect(0, 0, box.width, box.height);
  context.fillStyle = colour("text");
  context.textAlign = "left";
  context.font = `600 13px ${FONT}`;
  context.fillText(fitted(context, panel.title, box.width * 0.6), 8, 18);
  context.font = `11px ${FONT}`;
  context.textAlign = "right";
  context.fillStyle = colour(panel.warning ? "warning" : "muted");
  context.fillText(fitted(context, panel.warning || panel.note, box.width * 0.4 - 16), box.width - 8, 18);
  context.textAlign = "left";
  let [x, y] = [8, 34];
  for (const line of panel.lines) {
    const words = line.label || (line.run ? "" : line.name || line.metric);
    if ((line.kind !== "main" && line.kind !== "points") || !words) continue;
    const text = fitted(context, words, box.width - 16);
    if (x + context.measureText(text).width > box.width - 8) [x, y] = [8, y + 14];
    if (y > view.space.offsetTop - view.root.offsetTop + 4) break; // there is as much room as on the screen
    context.fillStyle = page.colours[line.colour];
    context.fillText(text, x, y);
    x += context.measureText(text).width + 12;
  }
  const space = view.space.getBoundingClientRect();
  context.translate(space.left - box.left, space.top - box.top);
  if (view.plot) drawPlot(context, view, page, ratio);
  else if (panel.rows.length) drawRows(context, panel, page, space);
  else if (panel.message) {
    context.textAlign = "center";
    context.fillStyle = colour("muted");
    context.fillText(fitted(context, panel.message, space.width), space.width / 2, space.height / 2);
  }
}

/** @param {Context} context @param {any} view @param {any} page @param {number} ratio */
function drawPlot(context, view, page, ratio) {
  const u = view.plot;
  const colour = (/** @type {string} */ name) => page.colours[`frame-${name}`];
  const pixels = devicePixelRatio;
  const [left, top, right, bottom] = [u.bbox.left / pixels, u.bbox.top / pixels, (u.bbox.left + u.bbox.width) / pixels, (u.bbox.top + u.bbox.height) / pixels];
  context.font = `11px ${FONT}`;
  context.lineWidth = 1;
  u.axes.forEach((/** @type {any} */ axis, /** @type {number} */ i) => {
    (axis._splits || []).forEach((/** @type {number} */ split, /** @type {number} */ k) => {
      const at = u.valToPos(split, i ? "y" : "x") + (i ? top : left);
      if (!(at >= (i ? top : left) - 1 && at <= (i ? bottom : right) + 1)) return;
      context.strokeStyle = colour("grid");
      context.beginPath();
      context.moveTo(i ? left : at, i ? at : top);
      context.lineTo(i ? right : at, i ? at : bottom);
      context.stroke();
      context.fillStyle = colour("muted");
      context.textAlign = i ? "right" : "center";
      context.fillText(String(axis._values[k] ?? ""), i ? left - 6 : at, i ? at + 4 : bottom + 15);
    });
  });
  context.fillStyle = colour("muted");
  context.textAlign = "center";
  if (view.panel.x_label) context.fillText(view.panel.x_label, (left + right) / 2, bottom + 31);
  context.textAlign = "left";
  const own = { ctx: context, bbox: { left, top, width: right - left, height: bottom - top }, scales: u.scales };
  drawPanel(own, view.panel, page.table, page.colours, 1);
}

/** @param {Context} context @param {any} panel @param {any} page @param {DOMRect} space */
function drawRows(context, panel, page, space) {
  const [low, high, isLog] = rowLimits(panel.rows, panel.row_limits);
  const of = (/** @type {number} */ value) => isLog ? Math.log(value) : value;
  const [left, right, height] = [space.width * 0.42, space.width - 62, 16];
  context.font = `11px ${FONT}`;
  panel.rows.slice(0, Math.floor(space.height / height)).forEach((/** @type {import("./rows.js").Row} */ row, /** @type {number} */ i) => {
    const y = i * height + 12;
    context.textAlign = "left";
    context.fillStyle = page.colours["frame-text"];
    context.fillText(fitted(context, row.label, left - 16), 4, y);
    context.textAlign = "right";
    context.fillText(row.text, space.width - 4, y);
    if (row.value === null) return;
    const x = left + (right - left) * Math.min(1, Math.max(0, (of(row.value) - of(low)) / (of(high) - of(low) || 1)));
    context.fillStyle = page.colours[row.colour];
    context.beginPath();
    context.arc(x, y - 4, 4, 0, 2 * Math.PI);
    context.fill();
  });
}

/** @param {Context} context @param {string} text @param {number} width */
function fitted(context, text, width) {
  let kept = String(text).slice(0, 300);
  if (context.measureText(kept).width <= width) return kept;
  while (kept && context.measureText(`${kept}…`).width > width) kept = kept.slice(0, -Math.ceil(kept.length / 20));
  return `${kept}…`;
}
