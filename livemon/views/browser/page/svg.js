// The part of a canvas's drawing context that our drawing needs; it writes SVG.

/** @param {string} text */
const escaped = (text) => String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
  .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** @param {number} value */
const short = (value) => String(Math.round(100 * value) / 100);

export class SvgContext {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.size = [width, height];
    this.parts = /** @type {string[]} */ ([]);
    this.path = /** @type {string[]} */ ([]);
    this.dash = /** @type {number[]} */ ([]);
    this.clips = 0;
    /** @type {any[][]} */
    this.saved = [];
    this.opened = 0; // groups since the last `save`
    this.fillStyle = this.strokeStyle = "#000";
    this.lineWidth = this.globalAlpha = 1;
    this.font = "10px sans-serif";
    this.lineJoin = "round";
    this.textAlign = "left";
    this.textBaseline = "alphabetic";
    this.ruler = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  }

  save() {
    this.saved.push([this.fillStyle, this.strokeStyle, this.lineWidth, this.globalAlpha, this.font, this.textAlign, this.dash, this.opened]);
    this.opened = 0;
  }

  restore() {
    this.parts.push("</g>".repeat(this.opened));
    const before = this.saved.pop();
    if (before) [this.fillStyle, this.strokeStyle, this.lineWidth, this.globalAlpha, this.font, this.textAlign, this.dash, this.opened] = before;
  }

  /** @param {number} x @param {number} y */
  translate(x, y) {
    this.parts.push(`<g transform="translate(${short(x)} ${short(y)})">`);
    this.opened++;
  }

  /** @param {number} x @param {number} y */
  scale(x, y) {
    this.parts.push(`<g transform="scale(${short(x)} ${short(y)})">`);
    this.opened++;
  }

  clip() {
    this.clips++;
    this.parts.push(`<clipPath id="c${this.clips}"><path d="${this.path.join("")}"/></clipPath><g clip-path="url(#c${this.clips})">`);
    this.opened++;
  }

  beginPath() {
    this.path = [];
  }

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.path.push(`M${short(x)} ${short(y)}`);
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.path.push(`${this.path.length ? "L" : "M"}${short(x)} ${short(y)}`);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  rect(x, y, width, height) {
    this.path.push(`M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`);
  }

  /** Always a whole circle: we draw no other arcs. @param {number} x @param {number} y @param {number} radius @param {number} [from] @param {number} [to] */
  arc(x, y, radius, from, to) {
    const r = short(radius);
    this.path.push(`M${short(x - radius)} ${short(y)}a${r} ${r} 0 1 0 ${short(2 * radius)} 0a${r} ${r} 0 1 0 ${short(-2 * radius)} 0`);
  }

  /** @param {number[]} lengths */
  setLineDash(lengths) {
    this.dash = lengths;
  }

  stroke() {
    if (!this.path.length) return;
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.parts.push(`<path d="${this.path.join("")}" fill="none" stroke="${escaped(this.strokeStyle)}" stroke-width="${short(this.lineWidth)}" stroke-linejoin="round"${this.opacity}${dash}/>`);
  }

  fill() {
    if (this.path.length) this.parts.push(`<path d="${this.path.join("")}" fill="${escaped(this.fillStyle)}"${this.opacity}/>`);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  fillRect(x, y, width, height) {
    const [left, top] = [Math.min(x, x + width), Math.min(y, y + height)];
    this.parts.push(`<rect x="${short(left)}" y="${short(top)}" width="${short(Math.abs(width))}" height="${short(Math.abs(height))}" fill="${escaped(this.fillStyle)}"${this.opacity}/>`);
  }

  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    this.write(text, x, y, `fill="${escaped(this.fillStyle)}"`);
  }

  /** @param {string} text @param {number} x @param {number} y */
  strokeText(text, x, y) {
    this.write(text, x, y, `fill="none" stroke="${escaped(this.strokeStyle)}" stroke-width="${short(this.lineWidth)}" stroke-linejoin="round"`);
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} look attributes */
  write(text, x, y, look) {
    const anchor = { right: ` text-anchor="end"`, center: ` text-anchor="middle"` }[this.textAlign] || "";
    const [, weight, size] = /^(\d+ )?([\d.]+)px/.exec(this.font) || ["", "", "10"];
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" font-size="${size}"${weight ? ` font-weight="${weight.trim()}"` : ""}${anchor} ${look}${this.opacity}>${escaped(text)}</text>`);
  }

  /** @param {string} text */
  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  get opacity() {
    return this.globalAlpha < 1 ? ` opacity="${short(this.globalAlpha)}"` : "";
  }

  text() {
    const [width, height] = this.size;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">${this.parts.join("")}${"</g>".repeat(this.opened)}</svg>\n`;
  }
}
