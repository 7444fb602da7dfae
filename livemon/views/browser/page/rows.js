// Rows of a panel: a name on the left, a dot with its interval on a common axis, and the value on the right.

import { arrange, element } from "./text.js";

/** @typedef {{label: string, value: number|null, text: string, colour: string, low: number|null, high: number|null}} Row */

const WIDTH = 200; // of the axis, in its own units: it is stretched to the available room
const LOG_FROM = 30; // the axis is logarithmic if the highest value is more than this many times the lowest
const OUTLIER = 3; // a value that would widen the axis by more than this factor is an arrow at its edge
const FROM_ZERO = 0.5;
const ROOM = 0.04;

/** Limits of the axis, and whether it is logarithmic; the same as in the window. @param {Row[]} rows @param {number[]|null} fixed
 * @returns {[number, number, boolean]} */
export function rowLimits(rows, fixed) {
  if (fixed) return [fixed[0], fixed[1], false];
  const values = /** @type {number[]} */ (rows.map((row) => row.value).filter((value) => value !== null));
  const ends = [...values, .../** @type {number[]} */ (rows.flatMap((row) => [row.low, row.high]).filter((value) => value !== null))];
  if (!ends.length) return [0, 1, false];
  let low = Math.min(...ends);
  let high = Math.max(...ends);
  if (low > 0 && high > LOG_FROM * low) {
    const room = (high / low) ** ROOM;
    return [low / room, high * room, true];
  }
  if (values.length >= 4) {
    const usual = [...values].sort((one, two) => one - two)[Math.floor(0.85 * (values.length - 1))];
    if (high - low > OUTLIER * (usual - low) && usual > low) high = usual + 0.3 * (usual - low);
  }
  if (low > 0 && low < FROM_ZERO * high) low = 0;
  if (low < 0 && high < 0 && high > FROM_ZERO * low) high = 0;
  const room = ROOM * (high - low) || 0.5 * Math.abs(low) || 0.5;
  return [low - (low ? room : 0), high + (high ? room : 0), false];
}

/** @param {string} name @param {Record<string, string|number>} fields */
function shape(name, fields) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(fields)) made.setAttribute(key, String(value));
  return made;
}

/** The rows as a table. It keeps its elements: of hundreds of rows, a new best value makes one anew. */
export class RowTable {
  constructor() {
    this.body = element("tbody");
    this.root = element("div", { className: "rows", tabIndex: 0, role: "region", "aria-label": "values" }, [element("table", {}, [this.body])]);
    /** @type {Map<string, HTMLElement[]>} */
    this.made = new Map(); // what a row is made of -> its element; several may be the same
  }

  /** @param {Row[]} rows @param {number[]|null} fixed limits of the axis @param {any} look @param {Record<string, string>} colours */
  update(rows, fixed, look, colours) {
    const [low, high, isLog] = rowLimits(rows, fixed);
    const of = (/** @type {number} */ value) => isLog ? Math.log(value) : value;
    const at = (/** @type {number} */ value) => WIDTH * Math.min(1, Math.max(0, (of(value) - of(low)) / (of(high) - of(low) || 1)));
    const before = this.made;
    this.made = new Map();
    arrange(this.body, rows.map((row) => {
      const key = JSON.stringify([row, low, high, isLog, colours[row.colour], colours["frame-grid"]]);
      const made = before.get(key)?.pop() || rowElement(row, low, high, at, look, colours);
      const same = this.made.get(key);
      if (same) same.push(made);
      else this.made.set(key, [made]);
      return made;
    }));
  }
}

/** @param {Row} row @param {number} low @param {number} high @param {(value: number) => number} at the position on the axis @param {any} look
 * @param {Record<string, string>} colours @returns {HTMLElement} */
function rowElement(row, low, high, at, look, colours) {
  const axis = shape("svg", { viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", "aria-hidden": "true" });
  axis.append(shape("line", { x1: 0, x2: WIDTH, y1: 5, y2: 5, stroke: colours["frame-grid"], "vector-effect": "non-scaling-stroke" }));
  if (row.low !== null && row.high !== null) {
    axis.append(shape("line", { x1: at(row.low), x2: at(row.high), y1: 5, y2: 5, stroke: colours[row.colour], opacity: look.alpha,
      "stroke-width": look.interval, "vector-effect": "non-scaling-stroke" }));
  }
  if (row.value !== null) {  // a line without length, with round ends: a dot however the axis is stretched
    const x = at(row.value);
    const isBeyond = row.value < low || row.value > high;
    axis.append(shape("line", { x1: x, x2: isBeyond ? x + (row.value > high ? -6 : 6) : x, y1: 5, y2: 5, stroke: colours[row.colour], "stroke-width": look.dot,
      "stroke-linecap": isBeyond ? "butt" : "round", "vector-effect": "non-scaling-stroke" }));
  }
  return element("tr", {}, [element("th", { scope: "row", textContent: row.label, title: row.label }), element("td", { className: "axis" }, [axis]),
    element("td", { textContent: row.text, className: row.value === null ? "problem" : "" })]);
}
