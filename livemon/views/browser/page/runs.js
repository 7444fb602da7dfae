// The list of runs: the state of each run, sorting by any column, filtering by conditions; and settings as lines.

import { parallel } from "./parallel.js";
import { arrange, count, element, onClicks } from "./text.js";

/** @typedef {{name: string, path: string, standing: string, progress: string, step: number|null, left: string, seconds_left: number|null, metric: string,
 *   better: string, last: number|null, lastText: string, best: number|null, bestText: string, arrow: string, series: (number|null)[], age: number|null,
 *   ageText: string, severity: number, problem: string, settings: string[][], is_shown: boolean, colour: string}} Run */
/** @typedef {{name: string, words: string, value: (run: Run) => any, cell: (run: Run, list: RunList) => HTMLElement, of: (run: Run) => any[], isOfMetric?: boolean}} Column
 *   `of` is what a cell is made of: while it is the same, the cell stays */

const FIRST_ROWS = 60; // made at once; more than a screen has
const MORE_ROWS = 120; // made in each further frame

/** @param {string} text @param {Record<string, any>} [fields] */
const cell = (text, fields = {}) => element("td", { textContent: text, ...fields });

/** @type {Column[]} */
const COLUMNS = [
  { name: "run", words: "run", value: (run) => run.name, of: (run) => [run.path, run.is_shown, run.colour], cell: (run, list) => list.nameCell(run) },
  { name: "state", words: "state", value: (run) => run.standing, of: (run) => [run.standing], cell: (run) => cell(run.standing, { className: "left" }) },
  { name: "step", words: "step", value: (run) => run.step, of: (run) => [run.progress], cell: (run) => cell(run.progress) },
  { name: "left", words: "left", value: (run) => run.seconds_left, of: (run) => [run.left], cell: (run) => cell(run.left) },
  { name: "last", words: "last", isOfMetric: true, value: (run) => run.last, of: (run) => [run.metric, run.lastText, run.colour, run.series],
    cell: (run, list) => element("td", { title: run.metric }, [list.spark(run), element("span", { textContent: run.lastText, className: "after-spark" })]) },
  { name: "best", words: "best", isOfMetric: true, value: (run) => run.best, of: (run) => [run.arrow, run.bestText], cell: (run) => cell(`${run.arrow} ${run.bestText}`) },
  { name: "age", words: "age", value: (run) => run.age, of: (run) => [run.ageText], cell: (run) => cell(run.ageText) },
  { name: "problems", words: "problems", value: (run) => run.problem || null, of: (run) => [run.problem, run.severity], cell: (run) => cell(run.problem, { className: `left problem ${run.severity > 1 ? "critical" : "warning"}`, title: run.problem }) },
];

/** @param {string} name @returns {Column} */
const settingColumn = (name) => ({ name: `setting ${name}`, words: name, value: (run) => settingOf(run, name),
  of: (run) => [settingOf(run, name)], cell: (run) => cell(settingOf(run, name) ?? "-") });

/** @param {Run} run @param {string} name @returns {string|null} */
const settingOf = (run, name) => run.settings.find((pair) => pair[0] === name)?.[1] ?? null;

/** Compare two values; missing values come last in both directions. @param {any} one @param {any} two @param {number} direction */
function compare(one, two, direction) {
  if (one === null || two === null) return one === two ? 0 : one === null ? 1 : -1;
  const [a, b] = [Number(one), Number(two)];
  const isText = Number.isNaN(a) || Number.isNaN(b);
  return direction * (isText ? String(one).localeCompare(String(two), "en", { numeric: true }) : a - b);
}

/** A row of the table, which makes only those cells anew whose content has changed. */
class RunElement {
  /** @param {RunList} list */
  constructor(list) {
    this.root = element("tr");
    this.run = /** @type {Run|null} */ (null);
    /** @type {string[]} */
    this.madeOf = []; // of each cell
    const move = (/** @type {string} */ action) => list.page.move({ action, text: this.run?.name });
    onClicks(this.root, () => { if (getSelection()?.isCollapsed) move("show run"); }, () => move("open run"), { skip: "button, input" });
    this.root.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => { if (event.detail > 1) event.preventDefault(); }); // selects no word
    this.root.addEventListener("click", (/** @type {MouseEvent} */ event) => { if (event.target !== this.box) this.focus(); });
  }

  /** @returns {HTMLInputElement} */
  get box() {
    return this.root.querySelector("input");
  }

  focus() {
    this.root.querySelector(".run").focus();
  }

  /** @param {Run} run @param {Column[]} columns always the same @param {RunList} list */
  update(run, columns, list) {
    if (run === this.run) return;
    this.run = run;
    this.root.className = run.is_shown ? "is-shown" : "";
    columns.forEach((column, i) => {
      const madeOf = JSON.stringify(column.of(run));
      if (madeOf === this.madeOf[i]) return;
      this.madeOf[i] = madeOf;
      const made = column.cell(run, list);
      if (this.root.children[i]) this.root.children[i].replaceWith(made);
      else this.root.append(made);
    });
  }
}

export class RunList {
  /** @param {any} page @param {HTMLElement} root */
  constructor(page, root) {
    this.page = page;
    this.root = root;
    this.hasLines = false;
    /** @type {Column[]} */
    this.columns = [];
    this.head = element("thead");
    this.body = element("tbody");
    /** @type {Map<string, RunElement>} */
    this.made = new Map(); // run -> its row of the table
    this.madeOf = ""; // the columns and colours of all rows
    this.labels = /** @type {Record<string, string>} */ ({}); // run -> its name in legends, where that is another
    this.rest = 0; // the requested frame in which further rows are made
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
  }

  /** Show the present runs and their states. */
  update() {
    const { runs, parts: { lens } } = /** @type {{runs: Run[], parts: any}} */ (this.page.board);
    const wasHidden = this.root.hidden;
    this.root.hidden = !lens.run_list;
    if (this.root.hidden) return;
    if (wasHidden && !document.activeElement?.matches("body, input, select, textarea")) this.table.focus({ preventScroll: true }); // from a panel or button, whose keys would go on
    if (document.activeElement !== this.where) this.where.value = (lens.where || []).join(" ");
    this.lines.setAttribute("aria-pressed", String(this.hasLines));
    this.title.textContent = `${count(runs.length)} run${runs.length === 1 ? "" : "s"}${this.page.asOf}`;
    const names = [...new Set(runs.flatMap((run) => run.settings.map((pair) => pair[0])))];
    this.columns = [...COLUMNS, ...names.map(settingColumn)];
    this.lines.hidden = !names.length;
    if (!this.space.querySelector(".is-dragged")) this.space.replaceChildren(...(this.hasLines && names.length ? [parallel(runs, names, this.page, this.space.clientWidth)] : []));
    const focused = this.table.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.key : undefined;
    this.showHead([...new Set(runs.map((run) => run.metric).filter(Boolean))]);
    this.showRows(FIRST_ROWS);
    if (focused !== undefined) this.buttons().find((button) => button.dataset.key === focused)?.focus({ preventScroll: true });
  }

  /** The runs in the order of the table. @returns {Run[]} */
  get ordered() {
    const { runs } = this.page.board;
    const by = this.columns.find((column) => column.name === this.page.sort.replace(/^-/, ""));
    const direction = this.page.sort.startsWith("-") ? -1 : 1;
    return by ? [...runs].sort((one, two) => compare(by.value(one), by.value(two), direction)) : runs;
  }

  /** @param {string[]} metrics the main metric of each run */
  showHead(metrics) {
    const madeOf = JSON.stringify([this.columns.map((column) => column.name), metrics, this.page.sort]);
    if (this.head.dataset.of === madeOf) return;
    this.head.dataset.of = madeOf;
    this.head.replaceChildren(element("tr", {}, this.columns.map((column) => this.heading(column, metrics))));
  }

  /** Show the rows; of those that are not there yet, at most so many in this frame. @param {number} most */
  showRows(most) {
    cancelAnimationFrame(this.rest);
    const madeOf = JSON.stringify([this.page.theme, ...this.columns.map((column) => column.name)]);
    const { labels } = this.page.board.parts;
    if (this.madeOf !== madeOf || this.labels !== labels) this.made.clear();
    [this.madeOf, this.labels] = [madeOf, labels];
    const { ordered } = this;
    const present = new Set(ordered.map((run) => run.name));
    for (const name of this.made.keys()) if (!present.has(name)) this.made.delete(name);
    const rows = [];
    for (const run of ordered) {
      let row = this.made.get(run.name);
      if (!row && most-- <= 0) continue;
      if (!row) this.made.set(run.name, row = new RunElement(this));
      row.update(run, this.columns, this);
      rows.push(row.root);
    }
    arrange(this.body, rows);
    if (rows.length < ordered.length) this.rest = requestAnimationFrame(() => this.showRows(MORE_ROWS));
    const words = this.page.board.parts.lens.where?.length ? "No run meets these conditions." : "No run is listed yet.";
    if (!ordered.length) this.table.replaceChildren(element("p", { textContent: words }));
    else if (!this.body.isConnected) this.table.replaceChildren(element("table", {}, [this.head, this.body]));
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
    open.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      if (event.detail < 2) this.page.move({ action: "open run", text: run.name }); // the second click of a double click would close it again
    });
    const dot = element("span", { className: "dot", textContent: "●", "aria-hidden": "true" });
    dot.style.color = run.is_shown ? this.page.colours[run.colour || "grey"] : "transparent";
    return element("td", { className: "left" }, [element("span", { className: "of-run" }, [shown, dot, open, element("small", { textContent: this.page.otherName(run.name) })])]);
  }

  /** @returns {HTMLElement[]} */
  buttons() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.table.querySelectorAll("[data-key]"))];
  }

  /** Handle a key, if it is one of the list: up and down go from run to run, space draws a run or not, Enter opens it.
   * @param {KeyboardEvent} event @returns {boolean} whether it is */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (this.root.hidden || (target !== document.body && !this.root.contains(target))) return false;
    const rows = this.ordered.flatMap((run) => this.made.get(run.name) || []);
    const at = rows.findIndex((row) => row.root.contains(target));
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const text = rows[at]?.run?.name;
    if (step) rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))]?.focus();
    else if (event.key === " " && text !== undefined && target !== rows[at].box) this.page.move({ action: "show run", text });
    else if (event.key === "Enter" && text !== undefined) this.page.move({ action: "open run", text });
    else return false;
    event.preventDefault();
    return true;
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
