// The answers that a report can give by itself: parts of its own data. Another axis or other smoothing needs the run.

import { unpacked } from "./board.js";

const NOT_HERE = "a report is what was seen when it was made: for this open the run itself, livemon watch PATH --view browser";

/** @typedef {import("./source.js").View} View */
/** @typedef {import("./source.js").Message} Message */

/** A message with its points as numbers. @param {any} message @returns {Message} */
export function restored(message) {
  for (const panel of message.panels) {
    for (const line of panel.lines) [line.x, line.y] = [unpacked(line.x), unpacked(line.y)];
    for (const band of panel.bands) for (const name of ["x", "low", "high"]) band[name] = unpacked(band[name]);
  }
  return message;
}

/** The lens after an action, or why the action is not possible. @param {Message} message @param {View} view @param {Record<string, any>} command
 * @returns {{lens?: Record<string, any>, problem?: string, words?: string}} */
export function moved(message, view, command) {
  const lens = lensOf(view);
  const panel = message.panels.find((one) => one.key === command.panel);
  const unit = message.parts.axes.unit;
  const without = (/** @type {string} */ name) => {
    delete lens[name];
    return { lens };
  };
  const withList = (/** @type {string} */ name, /** @type {any[]} */ list) => list.length ? { lens: { ...lens, [name]: list } } : without(name);
  switch (command.action) {
    case "zoom": {
      const [low, high] = [Number(command.low) * unit, Number(command.high) * unit].sort((one, two) => one - two);
      return low < high ? { lens: { ...lens, zoom: `${rounded(low, high - low)}:${rounded(high, high - low)}` } } : { lens };
    }
    case "whole":
      return without("zoom");
    case "zoom y": {
      if (!panel) return { lens };
      const [low, high] = [Number(command.low), Number(command.high)].sort((one, two) => one - two);
      return { lens: { ...lens, zoom_y: [...(lens.zoom_y || []).filter((/** @type {any[]} */ one) => one[0] !== panel.title), [panel.title, low, high]] } };
    }
    case "filter":
      return command.text ? { lens: { ...lens, select: command.text } } : without("select");
    case "limits":
      delete lens.zoom_y;
      return lens.limits === "full" ? without("limits") : { lens: { ...lens, limits: "full" } };
    case "large":
      return lens.large !== undefined || !panel ? without("large") : { lens: { ...lens, large: panel.title } };
    case "curve":
      return withList("hidden", toggled(lens.hidden || [], [command.metric]));
    case "hide run":
      return withList("hidden_runs", toggled(lens.hidden_runs || [], [command.text]));
    case "run alone":
      return lens.alone_run === command.text ? without("alone_run") : { lens: { ...lens, alone_run: command.text } };
    case "alone": {
      if (!panel || !command.metric) return { lens };
      const others = metricsOf(panel).filter((name) => name !== command.metric);
      const isAlone = others.every((name) => (lens.hidden || []).includes(name));
      const kept = (lens.hidden || []).filter((/** @type {string} */ name) => name !== command.metric && !others.includes(name));
      return withList("hidden", isAlone ? kept : [...kept, ...others]);
    }
    default:
      return { problem: NOT_HERE };
  }
}

/** The message as it is seen through a lens. @param {Message} message @param {View} view @returns {Message} */
export function seen(message, view) {
  const lens = lensOf(view);
  const { parts } = message;
  const find = lens.select === undefined ? null : new RegExp(lens.select);
  const shown = message.panels.filter((panel) => lens.large === undefined ? !find || find.test(panel.title) || metricsOf(panel).some((name) => find.test(name))
    : panel.title === lens.large);
  if (find && !shown.length) throw new Error(`no metric has a name that matches ${lens.select}`);
  const some = shown.slice(0, view.panels);
  const panels = some.map((panel) => through(panel, lens, parts.axes.unit));
  const stretch = ends(lens, parts.axes.unit);
  const label = some.find((panel) => panel.x_label)?.x_label || parts.axes.kind;
  const written = (/** @type {number} */ value) => value.toLocaleString("en", { maximumFractionDigits: 3 });
  const part = (/** @type {any[]} */ [name, low, high]) => `${name} ${written(low)} - ${written(high)}`;
  const zooms = [...(stretch ? [part([label, ...stretch])] : []), ...(lens.zoom_y || []).map(part)];
  const zoomed = zooms.length ? `zoomed to ${zooms.join(" · ")}` : "";
  const alone = lens.large !== undefined && shown.length === 1;
  return {
    whole: true, order: panels.map((panel) => panel.key), panels,
    parts: {
      ...parts, lens, axes: { ...parts.axes, whole: shown.find((panel) => panel.lines.length && !panel.boxes.length)?.x_limits }, header: { ...parts.header, zoomed }, rulers: structuredClone(parts.rulers),
      summary: alone ? [] : parts.summary, config: alone ? [] : parts.config,
      grid: { ...parts.grid, leftOut: shown.length - some.length, columns: alone ? 1 : parts.grid.columns },
    },
  };
}

/** @param {View} view @returns {Record<string, any>} */
function lensOf(view) {
  try {
    const { version, ...lens } = JSON.parse(view.lens || "{}");
    return lens;
  } catch {
    return {};
  }
}

/** @param {Record<string, any>} lens @param {number} unit @returns {[number, number]|null} */
function ends(lens, unit) {
  const [low, high] = String(lens.zoom || "").split(":").map(Number);
  return low < high ? [low / unit, high / unit] : null;
}

/** A panel through a lens. @param {any} panel @param {Record<string, any>} lens @param {number} unit */
function through(panel, lens, unit) {
  const hidden = new Set(lens.hidden || []);
  const runs = new Set(lens.hidden_runs || []);
  const isHidden = (/** @type {any} */ line) => hidden.has(line.metric) || (line.run && (runs.has(line.run) || (lens.alone_run !== undefined && line.run !== lens.alone_run)));
  const lines = panel.lines.filter((/** @type {any} */ line) => !isHidden(line));
  const gone = new Map(panel.lines.filter((/** @type {any} */ line) => isHidden(line) && line.kind !== "raw").map((/** @type {any} */ line) => [
    `${line.run} ${line.metric}`, { metric: line.metric, name: line.name || line.label || line.metric, colour: line.colour, run: line.run || "" }]));
  const made = { ...panel, lines, bands: panel.bands.map((/** @type {any} */ band) => ({ ...band })), bars: panel.bars && { ...panel.bars }, hidden: [...panel.hidden, ...gone.values()] };
  if (panel.boxes.length || panel.bars || panel.rows.length || !panel.lines.length) return made;
  const stretch = ends(lens, unit);
  if (stretch) made.x_limits = stretch;
  const chosen = (lens.zoom_y || []).find((/** @type {any[]} */ one) => one[0] === panel.title);
  if (chosen) made.y_limits = [chosen[1], chosen[2]];
  else if (stretch || lens.limits === "full") made.y_limits = limits(made) || panel.y_limits;
  if (stretch) Object.assign(made, counted(panel, made));
  return made;
}

/** Limits of y that include everything drawn between the limits of x. @param {any} panel @returns {[number, number]|null} */
function limits(panel) {
  let [low, high] = [Infinity, -Infinity];
  const isLog = panel.y_scale === "log";
  const take = (/** @type {Float64Array} */ xs, /** @type {Float64Array} */ ys) => {
    for (let i = 0; i < xs.length; i++) {
      if (xs[i] < panel.x_limits[0] || xs[i] > panel.x_limits[1] || !(ys[i] === ys[i]) || (isLog && ys[i] <= 0)) continue;
      low = Math.min(low, ys[i]);
      high = Math.max(high, ys[i]);
    }
  };
  for (const line of panel.lines) take(line.x, line.y);
  for (const band of panel.bands) for (const name of ["low", "high"]) take(band.x, band[name]);
  if (!(low <= high)) return null;
  if (isLog) return [low / 1.1, high * 1.1];
  const room = 0.05 * (high - low) || Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
}

/** The number of logged points in a stretch of a panel, or a note if the file does not have all of them. @param {any} whole @param {any} part */
function counted(whole, part) {
  const drawn = logged(whole, whole.x_limits);
  if (!whole.points || drawn >= whole.points) return { points: logged(part, part.x_limits) };
  const share = whole.points / drawn;
  return { points: 0, note: `every high and low is here; about ${Math.round(share).toLocaleString("en")} logged points for each drawn: a closer look ends here` };
}

/** The number of points of the curves, as logged, between two values of x. @param {any} panel @param {number[]} between */
function logged(panel, between) {
  const raw = new Set(panel.lines.filter((/** @type {any} */ line) => line.kind === "raw").map((/** @type {any} */ line) => `${line.run} ${line.metric}`));
  let count = 0;
  for (const line of panel.lines) {
    if (line.kind === "superseded" || (line.kind === "main" && raw.has(`${line.run} ${line.metric}`))) continue;
    for (let i = 0; i < line.x.length; i++) if (line.y[i] === line.y[i] && line.x[i] >= between[0] && line.x[i] <= between[1]) count++;
  }
  return count;
}

/** @param {any} panel @returns {string[]} */
function metricsOf(panel) {
  return panel.metrics.length ? panel.metrics : [...new Set(panel.lines.map((/** @type {any} */ line) => line.metric))];
}

/** @param {string[]} list @param {string[]} names */
function toggled(list, names) {
  return names.every((name) => list.includes(name)) ? list.filter((name) => !names.includes(name)) : [...new Set([...list, ...names])];
}

/** An x with as many digits as a stretch of this width needs. @param {number} value @param {number} width */
function rounded(value, width) {
  const unit = 10 ** (Math.floor(Math.log10(width)) - 3);
  return Number((Math.round(value / unit) * unit).toPrecision(15));
}
