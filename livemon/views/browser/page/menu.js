// The menu of a panel: what keys do with the panel under the pointer, for those who have no keys or do not know them.

import { element } from "./text.js";

const ACTIONS = ["large", "log", "pin", "hide", "next event", "event before"]; // see the table of keys
const SPACE = 4; // pixels between the button and its menu

/** The button that opens the menu of a panel. @param {any} page @param {any} view the panel @returns {HTMLElement} */
export function menuButton(page, view) {
  const button = element("button", { type: "button", className: "opens-menu", textContent: "⋮", "aria-haspopup": "menu", "aria-expanded": "false" });
  button.addEventListener("click", () => open(page, view, button));
  return button;
}

/** @param {any} page @param {any} view @param {HTMLElement} button */
function open(page, view, button) {
  const act = (/** @type {string} */ action) => {
    menu.hidePopover();
    page.choose(view);
    page.act(action);
  };
  const keys = page.table.keys.filter((/** @type {any} */ key) => ACTIONS.includes(key.action))
    .sort((/** @type {any} */ one, /** @type {any} */ two) => ACTIONS.indexOf(one.action) - ACTIONS.indexOf(two.action));
  const items = /** @type {HTMLElement[]} */ (keys.map((/** @type {any} */ key) => {
    const item = element("button", { type: "button", role: "menuitem", tabIndex: -1 }, [element("span", { textContent: key.words }), element("kbd", { textContent: key.names[0], "aria-hidden": "true" })]);
    item.addEventListener("click", () => act(key.action));
    return item;
  }));
  const menu = element("div", { className: "menu", role: "menu", popover: "auto", "aria-label": `menu of ${view.panel.title}` }, items);
  menu.addEventListener("toggle", (/** @type {any} */ event) => {
    if (event.newState === "open") return;
    button.setAttribute("aria-expanded", "false");
    if (menu.contains(document.activeElement) || document.activeElement === document.body) button.focus({ preventScroll: true });
    menu.remove();
  });
  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    if (event.key in to) items[(to[event.key] + items.length) % items.length].focus();
    else if (event.key === "Tab" || event.key === "Escape") menu.hidePopover();
    else if (event.key !== "Enter" && event.key !== " ") return; // a letter does what it does everywhere
    else act(keys[at].action);
    event.stopPropagation();
    event.preventDefault();
  });
  document.body.append(menu);
  menu.showPopover();
  const [there, size] = [button.getBoundingClientRect(), menu.getBoundingClientRect()];
  menu.style.left = `${Math.max(SPACE, Math.min(there.right - size.width, innerWidth - size.width - SPACE))}px`;
  menu.style.top = `${there.bottom + SPACE + size.height <= innerHeight ? there.bottom + SPACE : Math.max(SPACE, there.top - size.height - SPACE)}px`;
  button.setAttribute("aria-expanded", "true");
  items[0].focus({ preventScroll: true });
}
