// Texts and numbers beside the panels: header, notices, summary, main settings, help.

import { count, element } from "./text.js";

/** @param {any} page */
export function showHeader(page) {
  const { header, title, headline, notices, grid } = page.board.parts;
  const heading = /** @type {HTMLElement} */ (document.getElementById("title"));
  heading.textContent = heading.title = title;
  document.title = `${header.state === "running" && !page.asOf ? "●" : "○"} ${title} - livemon`;
  const colour = page.colours[`frame-${page.table.states[header.state] || "muted"}`];
  const dot = element("span", { className: "dot", textContent: "● " });
  dot.style.color = colour;
  const parts = [header.progress.join(" · "), header.metric, page.asOf ? "" : header.age].filter(Boolean);
  const found = notices.filter((/** @type {any} */ one) => one.severity !== "info");
  const problems = header.problems.map((/** @type {string} */ text, /** @type {number} */ i) => // both begin with the worst
    element("span", { className: `problem ${found[Math.min(i, found.length - 1)]?.severity || "warning"}`, textContent: ` | ${text}` }));
  document.getElementById("line")?.replaceChildren(dot, header.standing, page.asOf, header.zoomed ? ` | ${header.zoomed}` : "",
    parts.length ? ` | ${parts.join(" | ")}` : "", ...problems);
  const big = /** @type {HTMLElement} */ (document.getElementById("headline"));
  const swatch = element("span", { textContent: "■ ", "aria-hidden": "true" }); // a text in that colour is hard to read
  if (headline) swatch.style.color = page.colours[headline[2]];
  big.replaceChildren(...(headline ? [swatch, headline[0], " ", element("small", { textContent: headline[1] })] : []));
  const list = /** @type {HTMLElement} */ (document.getElementById("notices"));
  list.tabIndex = found.length ? 0 : -1; // it may scroll
  list.replaceChildren(...found.map((/** @type {any} */ one) => element("li", { className: one.severity }, [one.text, " ", element("small", { textContent: one.advice })])));
  showRest();
  const hint = /** @type {HTMLElement} */ (document.getElementById("hint"));
  const isMost = grid.leftOut && page.nextMost === page.most;
  hint.textContent = isMost ? `${count(grid.leftOut)} more panels: the filter finds each of them` : grid.hint.replace(/^[\d,]+ more panels?: --select REGEX( · )?/, "");
  const all = /** @type {HTMLButtonElement} */ (document.getElementById("all-panels"));
  const more = Math.min(grid.leftOut, page.nextMost - page.most);
  all.hidden = !grid.leftOut || isMost;
  all.textContent = `show ${count(more)} more panel${more === 1 ? "" : "s"}${more < grid.leftOut ? ` of ${count(grid.leftOut)}` : ""}`;
}

/** Show the button for findings that there is no room for, if there are any. */
export function showRest() {
  const [space, list, button] = ["found", "notices", "all-notices"].map((name) => /** @type {HTMLElement} */ (document.getElementById(name)));
  const items = /** @type {HTMLElement[]} */ ([...list.children]);
  const isShort = space.classList.contains("is-short");
  const away = items.filter((item) => !item.offsetHeight).length;
  button.hidden = isShort && !away && items.every((item) => item.scrollHeight <= item.clientHeight + 1);
  button.textContent = !isShort ? "less" : away ? `${away} more` : "more";
  button.setAttribute("aria-expanded", String(!isShort));
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

/** Keys and mouse actions that do something else here than in other views. @type {Record<string, string>} */
const HERE = { save: "save what is seen: PNG, SVG, CSV, lens; or copy the command and the Python that draw it", quit: "how to end: the tab, and livemon", x: "the next x axis",
  "click in the list of runs": "draw the run beside the others, or not; a click on its name, or a double click, opens it alone" };

/** @param {any} page */
export function showHelp(page) {
  const rows = [...page.table.keys.map((/** @type {any} */ key) => [key.names.map((/** @type {string} */ name) => element("kbd", { textContent: name })), HERE[key.action] || key.words]),
    [[element("kbd", { textContent: "← →" })], "the cursor along the panel; with Shift ten times as far"],
    [["+", "-"].map((name) => element("kbd", { textContent: name })), "zoom in and out step by step, around the cursor; Ctrl and the wheel do it, too"],
    [["[", "]"].map((name) => element("kbd", { textContent: name })), "along x; Shift and the wheel, or a drag with Ctrl or the middle button, do it, too"],
    ...page.table.mouse.map((/** @type {string[]} */ [name, words]) => [[name], HERE[name] || words])];
  dialog([element("h2", { textContent: "keys and mouse" }), element("table", {}, [element("tbody", {}, rows.map(([names, words]) =>
    element("tr", {}, [element("td", {}, names.flatMap((/** @type {any} */ name) => [name, " "])), element("td", { textContent: words })])))])]);
}

/** @param {Node[]} children */
export function dialog(children) {
  const space = /** @type {HTMLDialogElement} */ (document.getElementById("dialog"));
  const close = element("button", { type: "button", textContent: "close" });
  close.addEventListener("click", () => space.close());
  space.replaceChildren(close, ...children);
  if (!space.open) space.showModal();
}

