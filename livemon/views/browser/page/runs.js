// The list of runs: the state of each run, sorting by any column, filtering by conditions; and settings as lines.

import { parallel } from "./parallel.js";
import { count, element } from "./text.js";

/** @typedef {{name: string, path: string, standing: string, progress: string, step: number|null, left: string, seconds_left: number|null, metric: string,
 *   better: string, last: number|null, lastText: string, best: number|null, bestText: string, arrow: string, series: (number|null)[], age: number|null,
 *   ageText: string, severity: number, problem: string, settings: string[][], is_shown: boolean, colour: string}} Run */
/** @typedef {{name: string, words: string, value: (run: Run) => any, cell: (run: Run, list: RunList) => HTMLElement, isOfMetric?: boolean}} Column */

/** @param {string} text @param {Record<string, any>} [fields] */
const cell = (text, fields = {}) => element("td", { textContent: text, ...fields });

/** @type {Column[]} */
const COLUMNS = [
  { name: "run", words: "run", value: (run) => run.name, cell: (run, list) => list.nameCell(run) },
  { name: "state", words: "state", value: (run) => run.standing, cell: (run) => cell(run.standing, { className: "left" }) },
  { name: "step", words: "step", value: (run) => run.step, cell: (run) => cell(run.progress) },
  { name: "left", words: "left", value: (run) => run.seconds_left, cell: (run) => cell(run.left) },
  { name: "last", words: "last", isOfMetric: true, value: (run) => run.last, cell: (run, list) => element("td", { title: run.metric }, [list.spark(run), ` ${run.lastText}`]) },
  { name: "best", words: "best", isOfMetric: true, value: (run) => run.best, cell: (run) => cell(`${run.arrow} ${run.bestText}`) },
  { name: "age", words: "age", value: (run) => run.age, cell: (run) => cell(run.ageText) },
  { name: "problems", words: "problems", value: (run) => run.problem || null, cell: (run) => cell(run.problem, { className: "left problem", title: run.problem }) },
];

/** @param {string} name @returns {Column} */
const settingColumn = (name) => ({ name: `setting ${name}`, words: name, value: (run) => settingOf(run, name),
  cell: (run) => cell(settingOf(run, name) ?? "-") });

/** @param {Run} run @param {string} name @returns {string|null} */
const settingOf = (run, name) => run.settings.find((pair) => pair[0] === name)?.[1] ?? null;

/** Compare two values; missing values come last in both directions. @param {any} one @param {any} two @param {number} direction */
function compare(one, two, direction) {
  if (one === null || two === null) return one === two ? 0 : one === null ? 1 : -1;
  const [a, b] = [Number(one), Number(two)];
  const isText = Number.isNaN(a) || Number.isNaN(b);
  return direction * (isText ? String(one).localeCompare(String(two), "en", { numeric: true }) : a - b);
}

export class RunList {
  /** @param {any} page @param {HTMLElement} root */
  constructor(page, root) {
    this.page = page;
    this.root = root;
    this.hasLines = false;
    this.title = element("h2");
    this.where = element("input", { type: "search", placeholder: "lr>=0.001 state:running", "aria-label": "only runs that meet these conditions", spellcheck: false });
    this.lines = element("button", { type: "button", textContent: "settings as lines", "aria-pressed": "false" });
    this.space = element("div", { className: "parallel", tabIndex: 0, role: "region", "aria-label": "settings as lines" });
    this.table = element("div", { className: "list", tabIndex: 0, role: "region", "aria-label": "list of runs" });
    this.where.addEventListener("change", () => this.page.move({ action: "runs where", text: this.where.value }));
    this.lines.addEventListener("click", () => {
      this.hasLines = !this.hasLines;
      this.update();
    });
    root.append(element("div", { className: "head" }, [this.title, this.where, this.lines]), this.space, this.table);
    root.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show the present runs and their states. */
  update() {
    const { runs, lens } = /** @type {{runs: Run[], lens: any}} */ (this.page.board.parts);
    this.root.hidden = !lens.run_list;
    if (this.root.hidden) return;
    if (document.activeElement !== this.where) this.where.value = (lens.where || []).join(" ");
    this.lines.setAttribute("aria-pressed", String(this.hasLines));
    this.title.textContent = `${count(runs.length)} run${runs.length === 1 ? "" : "s"}`;
    const names = [...new Set(runs.flatMap((run) => run.settings.map((pair) => pair[0])))];
    const columns = [...COLUMNS, ...names.map(settingColumn)];
    this.lines.hidden = !names.length;
    if (!this.space.querySelector(".is-dragged")) this.space.replaceChildren(...(this.hasLines && names.length ? [parallel(runs, names, this.page, this.space.clientWidth)] : []));
    const by = columns.find((column) => column.name === this.page.sort.replace(/^-/, ""));
    const direction = this.page.sort.startsWith("-") ? -1 : 1;
    const ordered = by ? [...runs].sort((one, two) => compare(by.value(one), by.value(two), direction)) : runs;
    const metrics = [...new Set(runs.map((run) => run.metric).filter(Boolean))];
    const focused = this.table.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.key : undefined;
    this.table.replaceChildren(runs.length ? element("table", {}, [
      element("thead", {}, [element("tr", {}, columns.map((column) => this.heading(column, metrics)))]),
      element("tbody", {}, ordered.map((run) => element("tr", { className: run.is_shown ? "is-shown" : "" }, columns.map((column) => column.cell(run, this)))))])
      : element("p", { textContent: lens.where?.length ? "No run meets these conditions." : "No run is listed yet." }));
    if (focused !== undefined) this.buttons().find((button) => button.dataset.key === focused)?.focus({ preventScroll: true });
  }

  /** @param {Column} column @param {string[]} metrics the main metric of each run */
  heading(column, metrics) {
    const isSorted = this.page.sort.replace(/^-/, "") === column.name;
    const isUp = !this.page.sort.startsWith("-");
    const words = column.isOfMetric && metrics.length === 1 ? `${column.words} ${metrics[0]}` : column.words;
    const of = column.isOfMetric && metrics.length > 1 ? `of ${metrics.join(", ")}: ` : "";
    const button = element("button", { type: "button", "data-key": `sort ${column.name}`, textContent: words + (isSorted ? (isUp ? " ▲" : " ▼") : ""), title: `${of}sort` });
    button.addEventListener("click", () => this.page.sortRuns(isSorted && isUp ? `-${column.name}` : column.name));
    return element("th", { scope: "col", className: ["run", "state", "problems"].includes(column.name) ? "left" : "", "aria-sort": isSorted ? (isUp ? "ascending" : "descending") : "none" }, [button]);
  }

  /** @param {Run} run */
  nameCell(run) {
    const shown = element("input", { type: "checkbox", checked: run.is_shown, "aria-label": `draw ${run.name}`, "data-key": `draw ${run.name}` });
    shown.addEventListener("change", () => this.page.move({ action: "show run", text: run.name }));
    const open = element("button", { type: "button", textContent: run.name, title: `open ${run.path}`, "data-key": run.name, className: "run" });
    open.addEventListener("click", () => this.page.move({ action: "open run", text: run.name }));
    const dot = element("span", { className: "dot", textContent: "●", "aria-hidden": "true" });
    dot.style.color = run.is_shown ? this.page.colours[run.colour || "grey"] : "transparent";
    return element("td", { className: "left" }, [element("span", { className: "of-run" }, [shown, dot, open])]);
  }

  /** @returns {HTMLElement[]} */
  buttons() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.table.querySelectorAll("[data-key]"))];
  }

  /** Up and down go from run to run; space shows or hides a run's curves. @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const names = this.buttons().filter((button) => button.classList.contains("run"));
    const place = names.indexOf(target);
    if (step) {
      names[Math.max(0, Math.min(names.length - 1, place < 0 ? 0 : place + step))]?.focus();
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === " " && place >= 0) {
      this.page.move({ action: "show run", text: target.dataset.key });
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** A sparkline of the run's main metric. @param {Run} run */
  spark(run) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of [["width", "48"], ["height", "14"], ["class", "spark"], ["aria-hidden", "true"]]) made.setAttribute(name, value);
    const values = /** @type {number[]} */ (run.series.filter((value) => value !== null));
    if (values.length < 2) return made;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const points = run.series.map((value, i) => value === null ? "" :
      `${(i * 46 / (run.series.length - 1) + 1).toFixed(1)},${(13 - 12 * (value - low) / (high - low || 1)).toFixed(1)}`).filter(Boolean);
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    for (const [name, value] of [["points", points.join(" ")], ["fill", "none"], ["stroke", this.page.colours[run.colour || "grey"]]]) line.setAttribute(name, value);
    made.append(line);
    return made;
  }
}
