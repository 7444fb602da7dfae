// Fingers, the wheel and the mouse move the visible stretch of x. The picture moves at once, and is read anew at the end.

import { STEP, scaled, shifted, valueAt, within, zoomTo } from "./stretch.js";

const WHEEL_MS = 180; // from the last movement to the request for a lens
const SURE = 6; // pixels, until it is clear where a finger goes
const CLOSEST = 16; // pixels between two fingers

/** @typedef {import("./stretch.js").Stretch} Stretch */
/** @typedef {{x: number, y: number}} Finger */

/** The space between two fingers. @param {Finger[]} fingers */
const apart = ([one, two]) => Math.max(CLOSEST, Math.hypot(one.x - two.x, one.y - two.y));

/** Follow fingers, as in the best charts on phones: two of them zoom x; moving sideways pans where x is zoomed, and else moves the cursor.
 * Upwards and downwards the page scrolls; see touch-action in style.css.
 * @param {any} view a panel @param {any} u its plot @param {() => Stretch} now @param {(to: Stretch) => void} settle shows a stretch at once, and reads it anew at the end */
function followFingers(view, u, now, settle) {
  const { page } = view;
  let from = now();
  let began = /** @type {Finger[]} */ ([]);
  let goes = /** @type {""|"sideways"|"scrolls"} */ ("");
  let space = new DOMRect(); // of the plot: a new board may replace it while fingers are on it
  const fingersOf = (/** @type {TouchEvent} */ event) =>
    [...event.targetTouches].slice(0, 2).map((finger) => ({ x: finger.clientX - space.left, y: finger.clientY - space.top }));
  const begin = (/** @type {TouchEvent} */ event) => {
    if (u.over.isConnected) space = u.over.getBoundingClientRect();
    [from, began, goes] = [now(), fingersOf(event), ""];
    page.choose(view);
    if (began.length === 2) event.preventDefault(); // the page neither zooms nor scrolls
  };
  const pinch = (/** @type {Finger[]} */ fingers) => {
    const [before, after] = [began, fingers].map(([one, two]) => (one.x + two.x) / 2 / space.width);
    settle(shifted(scaled(from, apart(began) / apart(fingers), valueAt(from, before)), before - after));
  };
  const slide = (/** @type {Finger} */ { x, y }) => {
    if (page.board.parts.lens.zoom) settle(shifted(from, (began[0].x - x) / space.width));
    else view.plot?.setCursor({ left: Math.max(0, Math.min(space.width, x)), top: y });
  };
  const move = (/** @type {TouchEvent} */ event) => {
    const fingers = fingersOf(event);
    if (fingers.length !== began.length) return begin(event);
    const [dx, dy] = [Math.abs(fingers[0].x - began[0].x), Math.abs(fingers[0].y - began[0].y)];
    if (!goes && fingers.length < 2 && Math.max(dx, dy) > SURE) goes = dx > dy && event.cancelable ? "sideways" : "scrolls";
    if (fingers.length < 2 && goes !== "sideways") return undefined;
    event.preventDefault();
    return fingers.length === 2 ? pinch(fingers) : slide(fingers[0]);
  };
  u.over.addEventListener("touchstart", begin, { passive: false });
  u.over.addEventListener("touchmove", move, { passive: false });
  for (const name of ["touchend", "touchcancel"]) u.over.addEventListener(name, (/** @type {TouchEvent} */ event) => { if (event.targetTouches.length) begin(event); });
}

/** Follow fingers, wheel and hand over a plot. The wheel zooms with Ctrl; with Shift, or sideways, it pans;
 * alone it scrolls the page. A drag with the middle button, or with Ctrl, also pans. The picture moves at once, and is read anew at the end.
 * @param {any} view a panel @param {any} u its plot */
export function follow(view, u) {
  const { page } = view;
  let waits = 0;
  const settle = (/** @type {Stretch} */ to) => {
    to = within(page, to);
    view.panel.x_limits = [to.low, to.high];
    view.plot?.setScale("x", { min: to.low, max: to.high });
    clearTimeout(waits);
    waits = setTimeout(() => zoomTo(page, to, page.stretchedAt > Date.now() - 1500).then(() => { page.stretchedAt = Date.now(); }), WHEEL_MS);
  };
  const now = () => ({ low: view.panel.x_limits[0], high: view.panel.x_limits[1], isLog: view.panel.x_scale === "log" });
  followFingers(view, u, now, settle);
  u.over.addEventListener("wheel", (/** @type {WheelEvent} */ event) => {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    if (!event.ctrlKey && !sideways) return;
    event.preventDefault();
    const pointed = u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x");
    settle(event.ctrlKey ? scaled(now(), STEP ** (Math.sign(event.deltaY) * 0.25), pointed) : shifted(now(), sideways / u.over.clientWidth));
  }, { passive: false });
  u.over.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (!isHand(event)) return;
    event.preventDefault();
    const [from, began, width] = [event.clientX, now(), u.over.clientWidth];
    const moves = (/** @type {PointerEvent} */ move) => settle(shifted(began, (from - move.clientX) / width));
    const ends = () => {
      removeEventListener("pointermove", moves);
      removeEventListener("pointerup", ends);
    };
    addEventListener("pointermove", moves);
    addEventListener("pointerup", ends);
  });
}

/** Whether a mouse button moves the picture, instead of selecting a stretch. @param {MouseEvent} event */
export const isHand = (event) => event.button === 1 || (event.button === 0 && event.ctrlKey);
