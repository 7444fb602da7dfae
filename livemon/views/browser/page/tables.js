// Words and numbers beside the panels: header, notices, summary, settings, runs, help.

import { count, element } from "./text.js";

/** @param {any} page */
export function showHeader(page) {
  const { header, title, headline, notices, grid } = page.board.parts;
  const heading = /** @type {HTMLElement} */ (document.getElementById("title"));
  heading.textContent = heading.title = title;
  document.title = `${header.state === "running" ? "●" : "○"} ${title} - livemon`;
  const colour = page.colours[`frame-${page.table.states[header.state] || "muted"}`];
  const dot = element("span", { className: "dot", textContent: "● " });
  dot.style.color = colour;
  const parts = [header.progress.join(" · "), header.metric, header.age].filter(Boolean);
  const problems = header.problems.map((/** @type {string} */ text) => element("span", { className: "problem", textContent: ` | ${text}` }));
  document.getElementById("line")?.replaceChildren(dot, header.standing, header.zoomed ? ` | ${header.zoomed}` : "",
    parts.length ? ` | ${parts.join(" | ")}` : "", ...problems);
  const big = /** @type {HTMLElement} */ (document.getElementById("headline"));
  big.replaceChildren(...(headline ? [headline[0], " ", element("small", { textContent: headline[1] })] : []));
  if (headline) big.style.color = page.colours[headline[2]];
  document.getElementById("notices")?.replaceChildren(...notices.filter((/** @type {any} */ one) => one.severity !== "info")
    .map((/** @type {any} */ one) => element("li", { className: one.severity }, [one.text, " ", element("small", { textContent: one.advice })])));
  const hint = /** @type {HTMLElement} */ (document.getElementById("hint"));
  hint.textContent = grid.hint.replace(/^\d+ more: --select REGEX( · )?/, "");
  const all = /** @type {HTMLButtonElement} */ (document.getElementById("all-panels"));
  all.hidden = !grid.leftOut;
  all.textContent = `show ${count(grid.leftOut)} more panel${grid.leftOut === 1 ? "" : "s"}`;
}

/** The summary and the settings. @param {any} page @returns {HTMLElement|null} */
export function tables(page) {
  const { summary, summaryLeftOut, config } = page.board.parts;
  if (!summary.length && !config.length) return null;
  const blocks = [];
  if (summary.length) {
    const rows = summary.map((/** @type {any} */ row) => element("tr", {}, [
      element("th", { scope: "row", textContent: row.metric, title: row.metric }), ...row.cells.map((/** @type {string} */ text, /** @type {number} */ i) =>
        element("td", { textContent: text, title: i === 1 && row.best_at ? `at ${row.best_at}` : "" })),
    ]));
    blocks.push(element("table", {}, [element("thead", {}, [element("tr", {}, ["metric", "last", "best", "change"].map((text) =>
      element("th", { scope: "col", textContent: text })))]), element("tbody", {}, rows)]));
    if (summaryLeftOut) blocks.push(element("p", { className: "counts", textContent: `and ${count(summaryLeftOut)} more metrics` }));
  }
  if (config.length) {
    blocks.push(element("table", { "aria-label": "settings" }, [element("tbody", {}, config.map((/** @type {string[]} */ [name, value]) =>
      element("tr", {}, [element("th", { scope: "row", textContent: name, title: name }), element("td", { textContent: value, title: value })])))]));
  }
  return element("section", { className: "card", "aria-label": "summary and settings", tabIndex: 0 }, [
    element("h2", { textContent: "summary" }), element("div", { className: "tables" }, blocks)]);
}

const COLUMNS = [["name", "run"], ["standing", "state"], ["step", "step"], ["seconds_left", "left"], ["last", "last"], ["best", "best"], ["age", "age"],
  ["problem", "problems"], ["settings", "differs in"]];

/** The list of runs. @param {any} page */
export function showRuns(page) {
  const runs = page.board.parts.runs;
  const space = /** @type {HTMLElement} */ (document.getElementById("runs"));
  const lens = page.board.parts.lens;
  space.hidden = !lens.run_list;
  if (space.hidden) return;
  if (!runs.length) {
    space.replaceChildren(element("p", { textContent: "This page was opened with a single run: name a folder of runs, several paths, or a quoted pattern." }));
    return;
  }
  const by = page.sortedBy;
  const ordered = by ? [...runs].sort((one, two) => compare(one[by.field], two[by.field]) * by.direction) : runs;
  const heads = COLUMNS.map(([field, words]) => {
    const button = element("button", { type: "button", textContent: words + (by?.field === field ? (by.direction > 0 ? " ▲" : " ▼") : "") });
    button.addEventListener("click", () => {
      page.sortedBy = { field, direction: by?.field === field ? -by.direction : 1 };
      showRuns(page);
    });
    return element("th", { scope: "col" }, [button]);
  });
  const rows = ordered.map((/** @type {any} */ run) => {
    const shown = element("input", { type: "checkbox", checked: run.is_shown, "aria-label": `draw ${run.name}` });
    shown.addEventListener("change", () => page.move({ action: "show run", text: run.name }));
    const open = element("button", { type: "button", textContent: run.name, title: run.path });
    open.style.color = run.colour ? page.colours[run.colour] : "";
    open.addEventListener("click", () => page.move({ action: "open run", text: run.name }));
    const settings = run.settings.map((/** @type {string[]} */ [name, value]) => `${name}=${value}`).join(" ");
    return element("tr", { className: run.is_shown ? "is-shown" : "" }, [
      element("td", { className: "left" }, [shown, " ", open]), cell(run.standing), cell(run.progress), cell(run.left),
      element("td", { title: run.metric }, [spark(run, page), ` ${run.lastText}`]), cell(`${run.arrow} ${run.bestText}`), cell(run.ageText),
      element("td", { className: "left problem", textContent: run.problem, title: run.problem }),
      element("td", { className: "left", textContent: settings, title: settings })]);
  });
  const where = element("input", { type: "search", placeholder: "lr>=0.001 state:running", value: (lens.where || []).join(" "), "aria-label": "only runs that meet" });
  where.addEventListener("change", () => page.move({ action: "runs where", text: where.value }));
  const focused = document.activeElement instanceof HTMLInputElement && space.contains(document.activeElement) && document.activeElement.type === "search";
  if (focused) return; // what is typed stays
  space.replaceChildren(element("div", { className: "head" }, [element("h2", { textContent: `${count(runs.length)} runs` }), where]),
    element("table", {}, [element("thead", {}, [element("tr", {}, heads)]), element("tbody", {}, rows)]));
}

/** @param {string} text */
const cell = (text) => element("td", { textContent: text });

/** @param {any} one @param {any} two */
function compare(one, two) {
  if (Array.isArray(one)) return String(one).localeCompare(String(two), "en", { numeric: true });
  if (one === null || two === null) return one === two ? 0 : one === null ? 1 : -1;
  return typeof one === "number" ? one - two : String(one).localeCompare(String(two), "en", { numeric: true });
}

/** @param {any} run @param {any} page */
function spark(run, page) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [["width", "48"], ["height", "14"], ["class", "spark"], ["aria-hidden", "true"]]) made.setAttribute(name, value);
  const values = run.series.filter((/** @type {number|null} */ value) => value !== null);
  if (values.length < 2) return made;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = run.series.map((/** @type {number|null} */ value, /** @type {number} */ i) => value === null ? "" :
    `${(i * 46 / (run.series.length - 1) + 1).toFixed(1)},${(13 - 12 * (value - low) / (high - low || 1)).toFixed(1)}`).filter(Boolean);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  for (const [name, value] of [["points", points.join(" ")], ["fill", "none"], ["stroke", page.colours[run.colour] || page.colours.blue]]) line.setAttribute(name, value);
  made.append(line);
  return made;
}

/** @param {any} page */
export function showHelp(page) {
  const rows = [...page.table.keys.map((/** @type {any} */ key) => [key.names.map((/** @type {string} */ name) => element("kbd", { textContent: name })), key.words]),
    [[element("kbd", { textContent: "← →" })], "the cursor along the panel; with Shift ten times as far"],
    ...page.table.mouse.map((/** @type {string[]} */ [name, words]) => [[name], words])];
  dialog([element("h2", { textContent: "keys and mouse" }), element("table", {}, [element("tbody", {}, rows.map(([names, words]) =>
    element("tr", {}, [element("td", {}, names.flatMap((/** @type {any} */ name) => [name, " "])), element("td", { textContent: words })])))])]);
}

/** @param {Node[]} children */
export function dialog(children) {
  const space = /** @type {HTMLDialogElement} */ (document.getElementById("dialog"));
  const close = element("button", { type: "button", textContent: "close" });
  close.addEventListener("click", () => space.close());
  space.replaceChildren(...children, close);
  if (!space.open) space.showModal();
}

