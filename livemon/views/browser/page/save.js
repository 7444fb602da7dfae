// What is seen as files: PNG, CSV, the lens; and the words that draw it again.

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

/** A text cell of a CSV file that no spreadsheet takes for a formula. @param {string} text */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The points that are drawn. @param {any} page */
export function csv(page) {
  const rows = ["panel,run,metric,kind,x,y"];
  for (const key of page.board.order) {
    const panel = page.board.panels.get(key);
    for (const line of panel.lines) {
      const head = [panel.title, line.run || page.board.parts.title, line.metric, line.kind].map(cell).join(",");
      for (let i = 0; i < line.x.length; i++) rows.push(`${head},${line.x[i]},${line.y[i]}`);
    }
  }
  return `${rows.join("\r\n")}\r\n`;
}

/** The panels that are near the screen, or the chosen one, as a picture. @param {any} page */
function png(page) {
  const ratio = devicePixelRatio;
  const views = [...page.views.values()].filter((view) => view.plot);
  if (!views.length) return;
  const boxes = views.map((view) => view.root.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const canvas = element("canvas", { width: (Math.max(...boxes.map((box) => box.right)) - left + 20) * ratio,
    height: (Math.max(...boxes.map((box) => box.bottom)) - top + 50) * ratio });
  const context = canvas.getContext("2d");
  const colour = (/** @type {string} */ name) => page.colours[`frame-${name}`];
  context.fillStyle = colour("background");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colour("text");
  context.font = `${13 * ratio}px system-ui, sans-serif`;
  context.fillText(page.board.parts.header.line, 10 * ratio, 22 * ratio);
  views.forEach((view, i) => {
    const plot = view.plot.ctx.canvas.getBoundingClientRect();
    const [x, y] = [boxes[i].left - left + 10, boxes[i].top - top + 40];
    context.fillStyle = colour("text");
    context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    context.fillText(view.panel.title, x * ratio, y * ratio);
    let at = x;
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    for (const line of view.panel.lines) {
      if (line.kind !== "main" && line.kind !== "points") continue;
      context.fillStyle = page.colours[line.colour];
      const words = line.label || line.metric;
      context.fillText(words, at * ratio, (y + 15) * ratio);
      at += context.measureText(words).width / ratio + 12;
    }
    context.drawImage(view.plot.ctx.canvas, (plot.left - left + 10) * ratio, (plot.top - top + 40) * ratio);
  });
  canvas.toBlob((/** @type {Blob|null} */ blob) => blob && download(blob, `${fileName(page)}.png`));
}

/** @param {any} page */
function fileName(page) {
  return `livemon_${String(page.board.parts.title).replace(/[^\w.-]+/g, "_").slice(0, 80)}`;
}

/** @param {any} page */
export async function showSaving(page) {
  const words = await page.asks("words", {});
  const button = (/** @type {string} */ text, /** @type {() => void} */ deed) => {
    const made = element("button", { type: "button", textContent: text });
    made.addEventListener("click", deed);
    return made;
  };
  const copy = (/** @type {string} */ text) => button("copy", () => navigator.clipboard?.writeText(text).then(
    () => page.say("copied"), () => page.say("this browser does not let the page copy: select the text")));
  dialog([
    element("h2", { textContent: "save what is seen" }),
    element("div", { className: "buttons" }, [button("PNG", () => png(page)),
      button("CSV", () => download(new Blob([csv(page)], { type: "text/csv" }), `${fileName(page)}.csv`)),
      button("lens", () => download(new Blob([JSON.stringify({ version: 1, ...page.board.parts.lens })], { type: "application/json" }), `${fileName(page)}.json`))]),
    element("p", { textContent: "The command that draws this picture again:" }), element("pre", { textContent: words.command, tabIndex: 0 }), copy(words.command),
    element("p", { textContent: "The same in Python:" }), element("pre", { textContent: words.python, tabIndex: 0 }), copy(words.python),
    element("p"),
  ]);
}
