// Parallel coordinates: an axis for each setting and one for the best value, and a line for each run. A drag along an
// axis, or a click on a value, adds a condition to the list of runs.

import { number } from "./text.js";

/** @typedef {import("./runs.js").Run} Run */
/** @typedef {{name: string, words: string, places: (number|null)[], ticks: {at: number, words: string}[], valueAt: ((share: number) => number)|null}} Axis */

const [HEIGHT, TOP, BOTTOM, LEFT, RIGHT] = [240, 34, 14, 40, 70];
const [NEAREST, FARTHEST] = [110, 300]; // pixels from axis to axis
const LOG_FROM = 10; // an axis is logarithmic if the highest value is more than this many times the lowest
const FAR_ENOUGH = 4; // pixels
const AT_END = 0.02; // of an axis: a stretch that comes this near its end has no limit there

/** @param {string} name @param {Record<string, string|number>} fields @param {(Node|string)[]} [children] */
function shape(name, fields, children = []) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(fields)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** An axis for values: numbers in proportion, on a logarithmic axis if they are far apart; texts evenly in their order.
 * @param {string} name @param {string} words @param {(string|number|null)[]} values @returns {Axis} */
export function axisOf(name, words, values) {
  const present = values.filter((value) => value !== null);
  const numbers = present.map(Number);
  if (present.length && numbers.every(Number.isFinite)) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const isLog = low > 0 && high > LOG_FROM * low;
    const of = (/** @type {number} */ value) => isLog ? Math.log(value) : value;
    const span = of(high) - of(low);
    const share = (/** @type {number} */ value) => span ? (of(value) - of(low)) / span : 0.5;
    const distinct = [...new Set(numbers)].sort((one, two) => one - two);
    const marked = distinct.length <= 6 ? distinct : [low, isLog ? Math.sqrt(low * high) : (low + high) / 2, high];
    return { name, words, places: values.map((value) => value === null ? null : share(Number(value))),
      ticks: marked.map((value) => ({ at: share(value), words: number(value) })),
      valueAt: (at) => isLog ? Math.exp(of(low) + at * span) : low + at * span };
  }
  const order = [...new Set(present.map(String))].sort((one, two) => one.localeCompare(two, "en", { numeric: true }));
  const share = (/** @type {string} */ text) => order.length > 1 ? order.indexOf(text) / (order.length - 1) : 0.5;
  return { name, words, places: values.map((value) => value === null ? null : share(String(value))),
    ticks: order.slice(0, 12).map((text) => ({ at: share(text), words: text })), valueAt: null };
}

/** @param {Run[]} runs @param {string[]} names of settings @param {any} page @param {number} room @returns {SVGElement} */
export function parallel(runs, names, page, room) {
  const metric = runs.find((run) => run.metric)?.metric || "";
  const axes = names.map((name) => axisOf(name, name, runs.map((run) => run.settings.find((pair) => pair[0] === name)?.[1] ?? null)));
  const best = axisOf("best", metric ? `best ${metric}` : "best", runs.map((run) => run.best));
  const all = [...axes, best];
  const step = Math.max(NEAREST, Math.min(FARTHEST, (room - LEFT - RIGHT) / (all.length - 1)));
  const width = LEFT + RIGHT + step * (all.length - 1);
  const y = (/** @type {number} */ at) => HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM);
  const colour = (/** @type {string} */ name) => page.colours[`frame-${name}`];
  const svg = shape("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `settings of ${runs.length} runs and their ${best.words}` });
  const isMax = runs.some((run) => run.better === "max");
  runs.forEach((run, i) => {
    const points = all.map((axis, k) => axis.places[i] === null ? "" : `${LEFT + k * step},${y(/** @type {number} */ (axis.places[i])).toFixed(1)}`).filter(Boolean);
    if (points.length < 2) return;
    const place = best.places[i] ?? (isMax ? 0 : 1);
    const good = Math.round(100 * (isMax ? place : 1 - place));
    const line = shape("polyline", { points: points.join(" "), fill: "none", "stroke-width": run.is_shown ? 2 : 1.2, opacity: run.is_shown ? 0.9 : 0.45,
      stroke: `color-mix(in srgb, ${page.colours.orange} ${good}%, ${page.colours.blue})` },
    [shape("title", {}, [`${run.name}: ${run.settings.map((pair) => pair.join("=")).join(" ")} ${run.bestText}`])]);
    line.addEventListener("click", () => page.move({ action: "show run", text: run.name }));
    svg.append(line);
  });
  all.forEach((axis, k) => {
    const x = LEFT + k * step;
    svg.append(shape("line", { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM, stroke: colour("muted") }),
      shape("text", { x, y: 14, fill: colour("text"), "text-anchor": k ? "middle" : "start", ...(k ? {} : { dx: -LEFT + 4 }) }, [short(axis.words)]));
    for (const tick of axis.ticks) {
      const text = shape("text", { x: x + 5, y: y(tick.at) + 4, fill: colour("muted") }, [short(tick.words)]);
      if (axis !== best) text.addEventListener("click", () => narrow(page, axis.name, [`${axis.name}=${tick.words}`]));
      svg.append(text);
    }
    if (axis.valueAt && axis !== best) svg.append(brush(axis, x, y, page));
  });
  return /** @type {SVGElement} */ (svg);
}

/** A strip over an axis for dragging. @param {Axis} axis @param {number} x @param {(at: number) => number} y @param {any} page */
function brush(axis, x, y, page) {
  const strip = shape("rect", { x: x - 9, width: 14, y: TOP, height: HEIGHT - TOP - BOTTOM, class: "brush" });
  const mark = shape("rect", { x: x - 5, width: 10, y: 0, height: 0, fill: page.colours.blue, opacity: 0.35, "pointer-events": "none" });
  let start = NaN;
  const at = (/** @type {PointerEvent} */ event) => {
    const box = strip.getBoundingClientRect();
    return Math.max(0, Math.min(1, 1 - (event.clientY - box.top) / box.height));
  };
  const ends = (/** @type {number} */ now) => [Math.min(start, now), Math.max(start, now)];
  strip.addEventListener("pointerdown", (event) => {
    start = at(/** @type {PointerEvent} */ (event));
    strip.classList.add("is-dragged");
    strip.setPointerCapture(/** @type {PointerEvent} */ (event).pointerId);
    event.preventDefault();
  });
  strip.addEventListener("pointermove", (event) => {
    if (Number.isNaN(start)) return;
    const [low, high] = ends(at(/** @type {PointerEvent} */ (event)));
    mark.setAttribute("y", String(y(high)));
    mark.setAttribute("height", String(y(low) - y(high)));
  });
  strip.addEventListener("pointerup", (event) => {
    const [low, high] = ends(at(/** @type {PointerEvent} */ (event)));
    start = NaN;
    strip.classList.remove("is-dragged");
    mark.setAttribute("height", "0");
    if (y(low) - y(high) < FAR_ENOUGH) return;
    const value = /** @type {(at: number) => number} */ (axis.valueAt);
    narrow(page, axis.name, [...(low > AT_END ? [`${axis.name}>=${Number(value(low).toPrecision(4))}`] : []),
      ...(high < 1 - AT_END ? [`${axis.name}<=${Number(value(high).toPrecision(4))}`] : [])]);
  });
  return shape("g", {}, [strip, mark]);
}

/** Replace the conditions on a setting. @param {any} page @param {string} name @param {string[]} words */
function narrow(page, name, words) {
  const others = (page.board.parts.lens.where || []).filter((/** @type {string} */ word) => !word.startsWith(name) || !/^(<=|>=|=|<|>|!=|:)/.test(word.slice(name.length)));
  page.move({ action: "runs where", text: [...others, ...words].join(" ") });
}

/** @param {string} text */
const short = (text) => text.length > 18 ? `${text.slice(0, 17)}…` : text;
