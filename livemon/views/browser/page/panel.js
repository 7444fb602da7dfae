// A panel of the page: its texts, the names of its curves, and, while it is near the screen, its plot.

import { drawPanel } from "./draw.js";
import { Legend } from "./legend.js";
import { menuButton } from "./menu.js";
import { PointedCurve } from "./pointed.js";
import { RowTable } from "./rows.js";
import { follow, isHand } from "./gestures.js";
import { count, element, put, ticks } from "./text.js";

/** @typedef {import("./board.js").Panel} Panel */

const AWAY = { left: -10, top: -10 }; // the same as in uPlot
const FAR_ENOUGH = 2; // pixels that a pointer moves before it drags

export class PanelView {
  /** @param {any} page @param {Panel} panel */
  constructor(page, panel) {
    this.page = page;
    this.panel = panel;
    this.isNear = false;
    this.isSeen = false; // on the screen
    this.isPointed = false; // whether the pointer is in the plot
    this.isStale = false; // the plot is off the screen, and older than the panel
    this.plot = /** @type {any} */ (null);
    this.pointed = /** @type {PointedCurve|null} */ (null);
    this.rows = /** @type {RowTable|null} */ (null);
    /** @type {WeakMap<import("./board.js").Line, {low: number, high: number, points: number}>} */
    this.counted = new WeakMap(); // the points of each line
    this.heading = element("h2");
    this.note = element("p", { className: "note" });
    this.menu = menuButton(page, this);
    this.legend = new Legend(page);
    this.space = element("div", { className: "plot" });
    this.counts = element("p", { className: "counts" });
    this.root = element("section", { className: "panel", tabIndex: 0, role: "group" }, [
      element("div", { className: "head" }, [this.heading, this.note, this.menu]), this.legend.root, this.space, this.counts,
    ]);
    this.root.addEventListener("pointerenter", () => page.choose(this));
    this.root.addEventListener("focusin", () => page.choose(this));
    new ResizeObserver(() => this.resize()).observe(this.space);
    this.update(panel);
  }

  /** Show a new state of the panel. @param {Panel} panel */
  update(panel) {
    const before = this.panel;
    this.panel = panel;
    put(this.heading, panel.title);
    this.heading.title = panel.title;
    this.root.setAttribute("aria-label", `${panel.title}: ${panel.warning || panel.note || panel.message || "plot"}`);
    this.root.className = `panel span${panel.span}`;
    this.menu.setAttribute("aria-label", `menu of ${panel.title}`);
    put(this.note, panel.warning || panel.note);
    this.note.title = this.note.textContent;
    this.showSeverity();
    this.space.querySelector(".message")?.remove();
    if (panel.message) this.space.append(element("p", { className: "message", textContent: panel.message }));
    this.legend.update(panel);
    this.showRows();
    this.countPoints();
    const isOther = before.y_scale !== panel.y_scale || before.x_scale !== panel.x_scale || before.x_label !== panel.x_label
      || before.boxes.length !== panel.boxes.length;
    if (this.plot && isOther) this.unmount();
    if (this.isSeen || !this.plot) this.drawNow();
    else this.isStale = true; // drawn when it comes into view
  }

  /** Colour the warning of the panel as the findings about its metrics. */
  showSeverity() {
    const { metrics, warning } = this.panel;
    const isCritical = this.page.board.parts.notices.some((/** @type {any} */ notice) => notice.severity === "critical" && metrics.includes(notice.metric));
    this.note.className = `note ${warning ? `problem ${isCritical ? "critical" : "warning"}` : ""}`;
  }

  showRows() {
    const { rows, row_limits: limits } = this.panel;
    if (!rows.length) {
      this.rows?.root.remove();
      this.rows = null;
      return;
    }
    this.rows ||= new RowTable();
    this.rows.update(rows, limits, this.page.table.rows, this.page.colours);
    if (!this.rows.root.isConnected) this.space.append(this.rows.root);
  }

  drawNow() {
    if (this.isNear) this.draw();
  }

  countPoints() {
    const { panel } = this;
    const raw = new Set(panel.lines.filter((line) => line.kind === "raw").map((line) => `${line.run} ${line.metric}`));
    const drawn = panel.lines.filter((line) => line.kind === "raw" || line.kind === "points" || line.kind === "superseded"
      || (line.kind === "main" && !raw.has(`${line.run} ${line.metric}`)));
    const points = drawn.reduce((sum, line) => sum + this.pointsOf(line), 0);
    put(this.counts, panel.points ? `${count(Math.min(points, panel.points))} of ${count(panel.points)} points drawn`
      + (points < panel.points ? ", extremes kept" : "") : "");
  }

  /** The number of points of a line within the limits of x, counted again only if the line or the limits have changed.
   * @param {import("./board.js").Line} line */
  pointsOf(line) {
    const [low, high] = this.panel.x_limits;
    const known = this.counted.get(line);
    if (known?.low === low && known.high === high) return known.points;
    let points = 0;
    for (let i = 0; i < line.x.length; i++) if (line.y[i] === line.y[i] && line.x[i] >= low && line.x[i] <= high) points++;
    this.counted.set(line, { low, high, points });
    return points;
  }

  // -- the plot

  /** @param {boolean} isNear */
  near(isNear) {
    if (isNear === this.isNear) return;
    this.isNear = isNear;
    if (isNear) this.page.drawSoon(this);
    else this.unmount();
  }

  /** @param {boolean} isSeen */
  seen(isSeen) {
    this.isSeen = isSeen;
    if (isSeen && (this.isStale || !this.plot)) this.drawNow();
    if (isSeen) this.pointTo(this.page.place);
  }

  get isEmpty() {
    const { panel } = this;
    return !panel.lines.length && !panel.boxes.length && !panel.bars && !panel.bands.length;
  }

  draw() {
    this.isStale = false;
    if (this.isEmpty) {
      this.unmount();
      return;
    }
    if (!this.plot) this.mount();
    else this.plot.setData(this.data(), true);
  }

  data() {
    return [[...this.panel.x_limits], [null, null]];
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.space;
    if (this.plot && width && (width !== this.plot.width || height !== this.plot.height)) this.plot.setSize({ width, height });
  }

  unmount() {
    if (this.plot) this.plot.destroy();
    this.plot = this.pointed = null;
  }

  mount() {
    const { page } = this;
    const hasPlaces = !this.panel.boxes.length && !this.panel.bars;
    const frame = (/** @type {string} */ name) => page.colours[`frame-${name}`];
    const axis = { stroke: () => frame("muted"), grid: { stroke: () => frame("grid"), width: 1 }, ticks: { stroke: () => frame("edge"), width: 1 },
      font: "11px system-ui, sans-serif" };
    const boxes = () => this.panel.boxes;
    const options = {
      width: this.space.clientWidth || 300, height: this.space.clientHeight || 200, legend: { show: false }, padding: [8, 24, 0, 0],
      scales: {
        x: { time: false, range: () => this.panel.x_limits, distr: this.panel.x_scale === "log" ? 3 : 1 },
        y: { range: () => this.panel.y_limits, distr: this.panel.y_scale === "log" ? 3 : 1 },
      },
      series: [{}, { scale: "y", show: true }],
      axes: [
        { ...axis, space: 60, ...(boxes().length ? { splits: () => boxes().map((_, i) => i + 1), values: () => boxes().map((box) => box.label) }
          : { values: (/** @type {any} */ u, /** @type {any[]} */ splits, /** @type {number} */ i, /** @type {number} */ space, /** @type {number} */ step) => ticks(splits, step) }),
          size: 34, label: this.panel.x_label || undefined, labelSize: this.panel.x_label ? 16 : 0, labelFont: "11px system-ui, sans-serif", labelGap: 0 },
        { ...axis, size: (/** @type {any} */ u, /** @type {(string|null)[]|null} */ values) => 18 + 7 * Math.max(3, ...(values || []).map((text) => (text || "").length)), values: (/** @type {any} */ u, /** @type {any[]} */ splits, /** @type {number} */ i, /** @type {number} */ space, /** @type {number} */ step) => ticks(splits, step, this.panel.y_scale === "log") },
      ],
      cursor: {
        y: false, points: { show: false },
        drag: { x: true, y: true, uni: 1e6, setScale: false, dist: FAR_ENOUGH },
        bind: {
          mousedown: (/** @type {any} */ u, /** @type {any} */ target, /** @type {(event: MouseEvent) => null} */ handler) => (/** @type {MouseEvent} */ event) => isHand(event) ? null : handler(event),
          dblclick: () => () => { page.act("back"); return null; },
        },
      },
      hooks: {
        draw: [(/** @type {any} */ u) => drawPanel(u, this.panel, page.table, page.colours), (/** @type {any} */ u) => this.nameCurve(u, true)],
        setCursor: [(/** @type {any} */ u) => this.cursorAt(u)],
        setSelect: [(/** @type {any} */ u) => this.selected(u)],
      },
    };
    this.plot = new /** @type {any} */ (window).uPlot(options, this.data(), this.space);
    this.plot.root.setAttribute("aria-hidden", "true");
    if (!hasPlaces) return;
    follow(this, this.plot);
    this.pointed = new PointedCurve(page, this.plot);
  }

  /** @param {any} u */
  cursorAt(u) {
    const { left } = u.cursor;
    if (this.panel.boxes.length || this.panel.bars || !this.page.isChosen(this)) return;
    const wasIn = this.isPointed;
    this.isPointed = left >= 0;
    if (this.isPointed || wasIn) this.page.pointAt(this.isPointed ? u.posToVal(left, "x") : null); // a new or resized plot says again that no pointer is in it
    this.nameCurve(u);
  }

  /** Show whose the curve under the pointer is. @param {any} u @param {boolean} [isAnew] whether the plot has changed */
  nameCurve(u, isAnew = false) {
    const { left, top } = u.cursor;
    if (isAnew) this.pointed?.draw(null);
    this.pointed?.show(this.panel, left >= 0 && this.page.isChosen(this) ? { left, top } : null);
  }

  /** Put the cursor at an x. @param {number|null} x */
  pointTo(x) {
    if (!this.plot || this.panel.boxes.length || this.panel.bars) return;
    this.read(x);
    if (this.page.isChosen(this)) return; // its cursor is where the pointer is
    const left = x === null ? -1 : this.plot.valToPos(x, "x");
    this.plot.setCursor(left < 0 || left > this.plot.width ? AWAY : { left, top: 1 }, false, false);
  }

  /** Show the values at an x. @param {number|null} x @returns {string[]} the same in words */
  read(x) {
    return this.legend.read(x);
  }

  /** The user has selected a part of the plot. @param {any} u */
  selected(u) {
    const { left, top, width, height } = u.select;
    if (width <= FAR_ENOUGH && height <= FAR_ENOUGH) return;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (!this.page.isChosen(this)) return;
    const whole = u.over.getBoundingClientRect();
    if (height < whole.height - 2 && height > FAR_ENOUGH && width >= whole.width - 2) {
      this.page.move({ action: "zoom y", panel: this.panel.key, low: u.posToVal(top + height, "y"), high: u.posToVal(top, "y") });
    } else if (width > FAR_ENOUGH && !this.panel.boxes.length && !this.panel.bars) {
      this.page.move({ action: "zoom", low: u.posToVal(left, "x"), high: u.posToVal(left + width, "x") });
    }
  }
}
