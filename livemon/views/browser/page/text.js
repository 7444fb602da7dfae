// Numbers in the form in which people read them, and elements of the page.

/** @param {number|null|undefined} value @param {number} [digits] that count */
export function number(value, digits = 5) {
  if (value === null || value === undefined || Number.isNaN(value)) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(3).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(digits)));
}

const COUNTS = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

/** @param {number} value */
export function count(value) {
  return COUNTS.format(value);
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}`;
}

/** Texts of an axis. @param {(number|null)[]} splits @param {number} step @param {boolean} [isLog] whether it is logarithmic: then each text has its own unit */
export function ticks(splits, step, isLog = false) {
  const highest = Math.max(...splits.map((value) => Math.abs(value ?? 0)));
  const shared = highest >= 1e6 && step >= 1e4 ? 1e6 : highest >= 1e4 && step >= 10 ? 1e3 : 1;
  return splits.map((value) => {
    if (value === null) return "";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size < 1e-4 || size >= 1e9) return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
    const unit = !isLog ? shared : size >= 1e6 ? 1e6 : size >= 1e3 ? 1e3 : 1;
    return `${Number((value / unit).toPrecision(isLog ? 2 : 8))}${unit === 1e6 ? "M" : unit === 1e3 ? "k" : ""}`;
  });
}

/** Set the text of an element. If it has that text already, it is not set again, which would cause a new layout.
 * @param {HTMLElement} space @param {string} text */
export function put(space, text) {
  if (space.textContent !== text) space.textContent = text;
}

/** An element. @param {string} name @param {Record<string, any>} [fields] @param {(Node|string)[]} [children]
 * @returns {any} */
export function element(name, fields = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith("aria-") || key === "role" || key.startsWith("data-") || key === "scope") made.setAttribute(key, value);
    else Reflect.set(made, key, value);
  }
  made.append(...children);
  return made;
}

const CLICK_MS = 220; // a second click within this time makes a double click

/** Do something after a click, and something else instead after a double click.
 * @param {HTMLElement} space @param {() => void} once @param {() => void} twice
 * @param {{wait?: number, skip?: string}} [options] `wait`: milliseconds until a click counts; `skip`: a selector of elements inside that handle their own clicks */
export function onClicks(space, once, twice, { wait = CLICK_MS, skip = "" } = {}) {
  let waits = 0;
  const isSkipped = (/** @type {Event} */ event) => Boolean(skip && /** @type {Element} */ (event.target).closest(skip));
  space.addEventListener("click", (event) => {
    clearTimeout(waits);
    if (!isSkipped(event)) waits = setTimeout(once, wait);
  });
  space.addEventListener("dblclick", (event) => {
    clearTimeout(waits);
    if (!isSkipped(event)) twice();
  });
}

/** Make these elements the children of a space, in this order. Those that are there already move only if they must.
 * @param {Element} space @param {Element[]} children */
export function arrange(space, children) {
  let next = space.firstElementChild;
  for (const child of children) {
    if (next && next !== child && next.nextElementSibling === child) { // this one has gone down, or away
      const passed = next;
      next = child;
      space.append(passed);
    }
    if (child === next) next = next.nextElementSibling;
    else space.insertBefore(child, next);
  }
  while (space.children.length > children.length) space.lastChild?.remove();
}
