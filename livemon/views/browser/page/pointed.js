// The curve under the pointer: drawn stronger, with its name and its value. Of many runs, only the best have names elsewhere.

import { nearest } from "./board.js";
import { element, number, put } from "./text.js";

/** @typedef {import("./board.js").Line} Line */

const NEAR = 16; // pixels from the pointer
const FEW = 3; // curves of one run that the names above a plot tell apart
const SVG = "http://www.w3.org/2000/svg";

export class PointedCurve {
  /** @param {any} page @param {any} u a plot */
  constructor(page, u) {
    this.page = page;
    this.plot = u;
    this.line = /** @type {Line|null} */ (null);
    this.path = document.createElementNS(SVG, "path");
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("class", "pointed");
    picture.append(this.path);
    this.words = element("p", { className: "pointed-name", hidden: true });
    u.over.append(picture, this.words);
  }

  /** Show the curve at a place of the plot; none for null, or where no curve is near. @param {import("./board.js").Panel} panel
   * @param {{left: number, top: number}|null} at */
  show(panel, at) {
    const x = at && this.plot.posToVal(at.left, "x");
    const found = at && x !== null && this.find(panel, x, at.top);
    this.words.hidden = !found;
    if ((found ? found.line : null) !== this.line) this.draw(found ? found.line : null);
    if (!at || !found) return;
    put(this.words, `${this.nameOf(found.line, panel)} → ${number(found.value)}`);
    const { clientWidth: width } = this.plot.over;
    this.words.style.left = `${Math.max(0, Math.min(at.left + 12, width - this.words.offsetWidth))}px`;
    this.words.style.top = `${at.top > 30 ? at.top - 28 : at.top + 14}px`;
  }

  /** The run under both of its names, and the metric. @param {Line} line @param {import("./board.js").Panel} panel */
  nameOf(line, panel) {
    const other = this.page.otherName(line.run);
    const run = other ? `${line.run} (${other})` : line.run;
    if (!run) return line.name || line.metric;
    const metric = line.name ? line.name.replace(this.page.board.parts.labels[line.run] || line.run, "").trim() : panel.metrics.length > 1 ? line.metric : "";
    return `${run} ${metric}`.trim();
  }

  /** The curve that passes nearest to a place, and its value there. @param {import("./board.js").Panel} panel @param {number} x
   * @param {number} top @returns {{line: Line, value: number}|null} */
  find(panel, x, top) {
    const main = panel.lines.filter((line) => line.kind === "main" || line.kind === "points");
    const smoothed = new Set(main.map((line) => `${line.run} ${line.metric}`));
    const curves = [...main, ...panel.lines.filter((line) => line.kind === "raw" && line.run && !smoothed.has(`${line.run} ${line.metric}`))];
    if (curves.length <= FEW && !curves.some((line) => line.run)) return null;
    let [least, found] = [NEAR, /** @type {{line: Line, value: number}|null} */ (null)];
    for (const line of curves) {
      const value = valueAt(line, x);
      const away = Math.abs(this.plot.valToPos(value, "y") - top);
      if (away < least) [least, found] = [away, { line, value }];
    }
    return found;
  }

  /** Draw a curve stronger, or none. @param {Line|null} line */
  draw(line) {
    this.line = line;
    const steps = [];
    let isDown = false;
    for (let i = 0; line && i < line.x.length; i++) {
      const top = this.plot.valToPos(line.y[i], "y");
      if (Number.isFinite(top)) steps.push(`${isDown ? "L" : "M"}${this.plot.valToPos(line.x[i], "x").toFixed(1)},${top.toFixed(1)}`);
      isDown = Number.isFinite(top);
    }
    this.path.setAttribute("d", steps.join(""));
    if (line) this.path.setAttribute("stroke", line.colour === "grey" ? this.page.colours["frame-text"] : this.page.colours[line.colour]);
  }
}

/** The value of a curve at an x, between its points; NaN where it has none. @param {Line} line @param {number} x */
function valueAt({ x: xs, y: ys }, x) {
  const i = nearest(xs, x, 0);
  if (i < 0) return NaN;
  const other = xs[i] < x ? i + 1 : i - 1;
  const value = ys[i] + (ys[other] - ys[i]) * (x - xs[i]) / (xs[other] - xs[i]);
  return value === value ? value : ys[i];
}
