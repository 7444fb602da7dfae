// All settings of one run, or of several side by side; at first only those that differ.

import { dialog } from "./tables.js";
import { count, element } from "./text.js";

/** @param {any} page */
export function showSettings(page) {
  const { settings: { of, rows }, lens } = page.board.parts;
  if (!of.length && !lens.run_list) return page.openSettings();
  if (!rows.length) return page.notify("these runs have no settings");
  const filter = element("input", { type: "search", placeholder: "name or value", "aria-label": "only settings with" });
  const only = element("input", { type: "checkbox", checked: of.length > 1 && rows.some((/** @type {any} */ row) => row.differs) });
  const space = element("div", { className: "side-by-side", tabIndex: 0, role: "region", "aria-label": "settings" });
  const show = () => {
    const words = filter.value.toLowerCase();
    const shown = rows.filter((/** @type {any} */ row) => (!only.checked || row.differs)
      && (!words || [row.name, ...row.values].some((text) => (text || "").toLowerCase().includes(words))));
    const heads = of.length > 1 ? [element("thead", {}, [element("tr", {}, ["setting", ...of].map((text) => element("th", { scope: "col", textContent: text })))])] : [];
    space.replaceChildren(element("p", { className: "counts", textContent: `${count(shown.length)} of ${count(rows.length)} settings` }),
      element("table", {}, [...heads, element("tbody", {}, shown.map((/** @type {any} */ row) => element("tr", { className: row.differs ? "differs" : "" }, [
        element("th", { scope: "row", textContent: row.name }), ...row.values.map((/** @type {string|null} */ text) => element("td", { textContent: text ?? "-" }))])))]));
  };
  filter.addEventListener("input", show);
  only.addEventListener("change", show);
  show();
  dialog([element("h2", { textContent: of.length > 1 ? `settings of ${count(of.length)} runs` : "settings" }),
    element("p", {}, [filter, ...(of.length > 1 ? [" ", element("label", {}, [only, " only what differs"])] : [])]), space]);
}
