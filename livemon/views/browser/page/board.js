// The board as the server sends it: first the whole board, then changes.

/** @typedef {{key: string, name: string, kind: string, metric: string, run: string, colour: string, label: string, dash: string, x: Float64Array, y: Float64Array}} Line */
/** @typedef {{kind: string, x: number, y: number|null, colour: string, text: string, edge: string, runs: number}} Mark */
/** @typedef {{key: string, order: string[], title: string, note: string, warning: string, x_label: string, x_limits: number[], y_limits: number[], y_scale: string, x_scale: string, lines: Line[], marks: Mark[], bands: any[], boxes: any[], bars: any, rows: any[], message: string, span: number, colour: string, hidden: any[], metrics: string[], points: number, row_limits: number[]|null}} Panel */

const NO_NUMBER = -(2 ** 31); // the same as in packed.py

/** @param {string} text @returns {ArrayBuffer} */
function bytes(text) {
  const own = /** @type {{fromBase64?: (text: string) => Uint8Array<ArrayBuffer>}} */ (/** @type {unknown} */ (Uint8Array)).fromBase64;
  if (own) return own.call(Uint8Array, text).buffer;
  const letters = atob(text); // a loop is much faster than Uint8Array.from: a page of 200 panels has megabytes of this
  const made = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) made[i] = letters.charCodeAt(i);
  return made.buffer;
}

/** Values packed by packed.py. @param {any} value @returns {Float64Array} */
export function unpacked(value) {
  if (value instanceof Float64Array) return value; // already unpacked, in a report
  if (typeof value === "string") return new Float64Array(bytes(value));
  if (value.steps !== undefined) {
    const steps = value.bytes === 1 ? new Uint8Array(bytes(value.steps)) : new Uint16Array(bytes(value.steps));
    const values = new Float64Array(steps.length + 1);
    values[0] = value.from;
    for (let i = 0; i < steps.length; i++) values[i + 1] = values[i] + steps[i];
    return values;
  }
  if (value.single !== undefined) return Float64Array.from(new Float32Array(bytes(value.single)));
  const unit = 10 ** value.decimals;
  return Float64Array.from(new Int32Array(bytes(value.whole)), (whole) => whole === NO_NUMBER ? NaN : whole / unit);
}

/** The first `keep` numbers of an array, followed by new ones. The buffer has spare room, so that a new point of each
 * of many curves does not copy all their points. The old array must not be used any more.
 * @param {Float64Array|undefined} before @param {number} keep @param {any} packed */
function grown(before, keep, packed) {
  const tail = unpacked(packed);
  if (!keep || !before) return tail;
  if (!tail.length && keep === before.length) return before;
  const length = keep + tail.length;
  let { buffer } = before;
  if (buffer.byteLength < before.BYTES_PER_ELEMENT * length) {
    const room = new Float64Array(Math.ceil(1.25 * length) + 8);
    room.set(before.subarray(0, keep));
    buffer = room.buffer;
  }
  const all = new Float64Array(buffer, 0, length);
  all.set(tail, keep);
  return all;
}

export class Board {
  constructor() {
    /** @type {Record<string, any>} */
    this.parts = {};
    /** @type {import("./runs.js").Run[]} */
    this.runs = []; // the rows of the list of runs; a row stays the same object while nothing of it changes
    /** @type {string[]} */
    this.order = [];
    /** @type {Map<string, Panel>} */
    this.panels = new Map();
  }

  /** Apply a message. @param {any} message @returns {Set<string>} the keys of the panels that changed */
  take(message) {
    Object.assign(this.parts, message.parts);
    if (message.runs || message.whole) this.takeRuns(message);
    if (message.order) this.order = message.order;
    const changed = new Set();
    for (const news of message.panels) {
      const before = message.whole ? undefined : this.panels.get(news.key);
      const lines = new Map((before ? before.lines : []).map((line) => [line.key, line]));
      for (const line of news.lines) {
        const old = lines.get(line.key);
        lines.set(line.key, { ...line, x: grown(old && old.x, line.keep, line.x), y: grown(old && old.y, line.keep, line.y) });
      }
      for (const band of news.bands || []) for (const name of ["x", "low", "high"]) band[name] = unpacked(band[name]);
      if (news.bars) for (const name of ["edges", "counts"]) news.bars[name] = unpacked(news.bars[name]);
      const order = news.order || (before ? before.order : [...lines.keys()]);
      this.panels.set(news.key, { ...before, ...news, order, lines: order.map((/** @type {string} */ key) => lines.get(key)) });
      changed.add(news.key);
    }
    const present = new Set(this.order);
    for (const key of this.panels.keys()) if (!present.has(key)) this.panels.delete(key);
    if (message.parts.rulers) {
      for (const ruler of this.parts.rulers) {
        ruler.x = unpacked(ruler.x);
        ruler.values = unpacked(ruler.values);
      }
    }
    return changed;
  }

  /** @param {any} message */
  takeRuns({ runs, whole }) {
    const rows = new Map((whole ? [] : this.runs).map((run) => [run.name, run]));
    for (const run of runs?.rows || []) rows.set(run.name, run);
    const order = runs?.order || [...rows.keys()];
    this.runs = order.map((/** @type {string} */ name) => rows.get(name));
  }
}

/** The index of the point of a line nearest to an x; -1 if the line does not extend to it.
 * @param {Float64Array} xs @param {number} x @param {number} beyond */
export function nearest(xs, x, beyond) {
  const n = xs.length;
  if (!n || x < xs[0] - beyond || x > xs[n - 1] + beyond) return -1;
  let low = 0;
  let high = n - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] < x) low = middle;
    else high = middle;
  }
  return Math.abs(xs[low] - x) <= Math.abs(xs[high] - x) ? low : high;
}

const NEAR_ROWS = 0.002; // of a ruler's length, about a pixel: this far outside, the value at its end still holds

/** The value of a ruler at an x; NaN if there is no row. @param {{x: Float64Array, values: Float64Array}} ruler @param {number} x */
export function alongRuler(ruler, x) {
  const n = ruler.x.length;
  if (!n) return NaN;
  const near = NEAR_ROWS * (ruler.x[n - 1] - ruler.x[0]);
  if (x < ruler.x[0] - near || x > ruler.x[n - 1] + near) return NaN; // there is no row yet
  if (x <= ruler.x[0]) return ruler.values[0];
  if (x >= ruler.x[n - 1]) return ruler.values[n - 1];
  let low = 0;
  let high = n - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ruler.x[middle] <= x) low = middle;
    else high = middle;
  }
  const share = (x - ruler.x[low]) / (ruler.x[high] - ruler.x[low] || 1);
  return ruler.values[low] + share * (ruler.values[high] - ruler.values[low]);
}
