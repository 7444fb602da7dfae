// The names of a panel's curves: a button for each, or for each of several runs, with the values at the cursor.

import { nearest } from "./board.js";
import { DASHES } from "./draw.js";
import { element, number, onClicks, put } from "./text.js";

/** @typedef {import("./board.js").Panel} Panel */
/** @typedef {import("./board.js").Line} Line */

const MOST = 60; // buttons
const FEW = 3; // curves: beside the names of more of them there is no room for the values as logged
const PAIR = 2; // curves of a run: training and validation
const DIGITS = 4; // of values at the cursor

export class Legend {
  /** @param {any} page */
  constructor(page) {
    this.page = page;
    this.panel = /** @type {Panel} */ (/** @type {unknown} */ (null));
    this.root = element("ul", { className: "curves" });
    /** @type {Map<string, Line>} */
    this.raw = new Map(); // by run and metric
    this.named = ""; // the names that `takes` has shown, as text
    /** @type {Map<string, HTMLElement>} */
    this.readings = new Map(); // line -> the value beside its name: the newest, or the one at the cursor
    /** @type {Map<string, string>} */
    this.newest = new Map();
  }

  /** Show a new state of the panel. @param {Panel} panel */
  update(panel) {
    this.panel = panel;
    this.raw = new Map(panel.lines.filter((line) => line.kind === "raw").map((line) => [`${line.run} ${line.metric}`, line]));
    const names = JSON.stringify([panel.lines.map((line) => [line.key, line.label, line.name, line.colour, line.dash]), panel.hidden, this.page.theme]);
    if (names === this.named) return;
    this.named = names;
    this.readings.clear();
    this.newest.clear();
    /** @type {Map<string, Line[]>} */
    const curves = new Map(); // curves of one run and colour belong together
    for (const line of panel.lines) {
      if (line.kind !== "main" && line.kind !== "points") continue;
      const key = line.run ? `${line.run}|${line.colour}` : line.key;
      curves.set(key, [...(curves.get(key) || []), line]);
    }
    const shown = [...curves.values()].filter((lines) => lines.some(isNamed));
    const items = shown.slice(0, MOST).map((lines) => element("li", {}, [this.button(lines)]));
    for (const hidden of panel.hidden) {
      const button = element("button", { type: "button", className: "is-hidden", title: "show the curve", "aria-pressed": "false" },
        [this.swatch(hidden.colour, "solid"), hidden.name || hidden.metric]);
      this.onClick(button, hidden.metric, hidden.run || "", true);
      items.push(element("li", {}, [button]));
    }
    const more = curves.size - Math.min(shown.length, MOST);
    if (more) items.push(element("li", { textContent: `and ${more} more` }));
    this.root.replaceChildren(...items);
    this.root.classList.toggle("is-of-few", this.readings.size <= FEW);
  }

  /** @param {Line[]} lines */
  button(lines) {
    const [first] = lines;
    const what = first.run ? "the run" : "the curve";
    const button = element("button", { type: "button", title: `${first.run ? `${first.run}: ` : ""}hide ${what}; double click: ${what} alone` });
    const labelled = lines.find((line) => line.label);
    for (const line of [...lines].sort((one, two) => Number(one === labelled) - Number(two === labelled))) {
      const isNamed = line === labelled || lines.length === 1;
      const name = line.name || (line.label ? "" : line.metric);
      const text = isNamed ? line.label.slice(line.label.startsWith(name) ? name.length : 0).trim() : "";
      const reading = element("small", { textContent: text, className: isNamed ? "" : "is-extra" });
      this.readings.set(line.key, reading);
      this.newest.set(line.key, text);
      button.append(this.swatch(line.colour, line.dash), ...(isNamed && name ? [element("span", { textContent: name }), " "] : []),
        ...(isNamed || lines.length === PAIR ? [reading, " "] : [])); // for more values there is no room: pointing at a curve tells its own
    }
    if (lines.length === PAIR) button.append(element("small", { className: "is-spare" }), " "); // the room of the extra value
    this.onClick(button, first.metric, first.run, false);
    return button;
  }

  /** @param {any} button @param {string} metric @param {string} run @param {boolean} isHidden */
  onClick(button, metric, run, isHidden) {
    onClicks(button, () => this.page.move(run ? { action: "hide run", text: run } : { action: "curve", metric }),
      () => this.page.move(run ? { action: "run alone", text: run } : { action: "alone", panel: this.panel.key, metric }), isHidden ? { wait: 0 } : {});
  }

  /** @param {string} colour @param {string} dash */
  swatch(colour, dash) {
    const space = "http://www.w3.org/2000/svg";
    const made = document.createElementNS(space, "svg");
    for (const [name, value] of [["width", "20"], ["height", "8"], ["aria-hidden", "true"]]) made.setAttribute(name, value);
    const line = document.createElementNS(space, "line");
    for (const [name, value] of Object.entries({ x1: 0, x2: 20, y1: 4, y2: 4, stroke: this.page.colours[colour], "stroke-width": 2.5,
      "stroke-dasharray": DASHES[/** @type {"solid"} */ (dash)]?.join(" ") || "none" })) line.setAttribute(name, String(value));
    made.append(line);
    return made;
  }

  /** Show the values at an x; none for null. @param {number|null} x @returns {string[]} the same in words */
  read(x) {
    const { panel } = this;
    if (x === null) {
      for (const [key, space] of this.readings) put(space, this.newest.get(key) || "");
      this.root.classList.remove("is-read");
      return [];
    }
    this.root.classList.add("is-read");
    const beyond = 0.02 * (panel.x_limits[1] - panel.x_limits[0]);
    const texts = [];
    for (const line of panel.lines) {
      const space = this.readings.get(line.key);
      if (!space) continue;
      const place = nearest(line.x, x, beyond);
      const logged = this.raw.get(`${line.run} ${line.metric}`);
      const beside = logged ? nearest(logged.x, x, beyond) : -1;
      const value = place < 0 ? "-" : number(line.y[place], DIGITS);
      const both = value + (logged && beside >= 0 ? ` (${number(logged.y[beside], DIGITS)})` : "");
      put(space, `→ ${this.readings.size > FEW ? value : both}`);
      texts.push(`${line.name || line.label || line.metric} ${both}`);
    }
    return texts;
  }
}

/** Whether a curve has a name to show. @param {Line} line */
const isNamed = (line) => Boolean(line.label || line.name || !line.run);
