// Saves what is seen as files (PNG, SVG, CSV, the lens), and shows the command and the Python code that draw it again.

import { sheet } from "./sheet.js";
import { dialog } from "./tables.js";
import { element } from "./text.js";

/** @param {Blob} content @param {string} name */
function download(content, name) {
  const link = element("a", { href: URL.createObjectURL(content), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** A text cell of a CSV file that no spreadsheet will run as a formula. @param {string} text */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The visible points, those drawn between the limits of x, as CSV. @param {any} page */
export function csv(page) {
  const rows = ["panel,run,metric,kind,x,y"];
  for (const key of page.board.order) {
    const panel = page.board.panels.get(key);
    for (const line of panel.lines) {
      const head = [panel.title, line.run || page.board.parts.title, line.metric, line.kind].map(cell).join(",");
      for (let i = 0; i < line.x.length; i++) if (line.x[i] >= panel.x_limits[0] && line.x[i] <= panel.x_limits[1]) rows.push(`${head},${line.x[i]},${line.y[i]}`);
    }
  }
  return `${rows.join("\r\n")}\r\n`;
}

/** @param {any} page @param {"png"|"svg"} kind */
async function picture(page, kind) {
  const blob = await sheet(page, kind);
  if (blob) download(blob, `${fileName(page)}.${kind}`);
  else page.notify("this browser cannot make so large a picture: show fewer panels");
}

/** @param {any} page */
function fileName(page) {
  return `livemon_${String(page.board.parts.title).replace(/[^\w.-]+/g, "_").slice(0, 80)}`;
}

/** @param {any} page */
export async function showSaving(page) {
  const words = await page.request("words", {});
  const button = (/** @type {string} */ text, /** @type {() => void} */ command) => {
    const made = element("button", { type: "button", textContent: text });
    made.addEventListener("click", command);
    return made;
  };
  const copy = (/** @type {string} */ text) => button("copy", () => navigator.clipboard?.writeText(text).then(
    () => page.notify("copied"), () => page.notify("this browser does not let the page copy: select the text")));
  dialog([
    element("h2", { textContent: "save what is seen" }),
    element("div", { className: "buttons" }, [button("PNG", () => picture(page, "png")), button("SVG", () => picture(page, "svg")),
      button("CSV", () => download(new Blob([csv(page)], { type: "text/csv" }), `${fileName(page)}.csv`)),
      button("lens", () => download(new Blob([JSON.stringify({ version: 1, ...page.board.parts.lens })], { type: "application/json" }), `${fileName(page)}.json`))]),
    element("p", { textContent: "The command that draws this picture again:" }), element("pre", { textContent: words.command, tabIndex: 0 }), copy(words.command),
    element("p", { textContent: "The same in Python:" }), element("pre", { textContent: words.python, tabIndex: 0 }), copy(words.python),
    element("p"),
  ]);
}
