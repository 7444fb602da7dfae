// The page: it takes boards from its source, shows them, and asks for another lens when the user does something.

import { alongRuler, Board } from "./board.js";
import { fit } from "./fit.js";
import { PanelView } from "./panel.js";
import { RunList } from "./runs.js";
import { showSaving } from "./save.js";
import { showSettings } from "./settings.js";
import { sourceOf } from "./source.js";
import { pan, zoom } from "./stretch.js";
import { showHeader, showHelp, showRest, tables } from "./tables.js";
import { arrange, count, duration, element } from "./text.js";

const FIRST_PANELS = 12;
const MORE_PANELS = [200, 1000]; // the server makes at most 1000
const HIDDEN_SECONDS = 5; // a tab that is hidden for longer needs no news: a browser has few connections
const MESSAGE_MS = 5000;
const DRAW_MS = 6; // of each frame, for panels that are not on the screen yet
const BUSY_MS = 400; // without an answer, before the page says that it waits
/** Keys that only the page has. @type {Record<string, string>} */
const OWN_KEYS = { "+": "zoom in", "=": "zoom in", "-": "zoom out", "[": "pan left", "]": "pan right" };
const UNIX_FROM = 1e8; // seconds: a time above this is a date

/** @param {string} name @returns {any} */
const byId = (name) => document.getElementById(name);

class Page {
  constructor() {
    this.board = new Board();
    /** @type {Map<string, PanelView>} */
    this.views = new Map();
    this.table = /** @type {any} */ (null);
    this.theme = "dark";
    /** @type {Record<string, string>} */
    this.colours = {};
    this.source = sourceOf(document, this.handlers);
    this.most = FIRST_PANELS;
    this.chosen = /** @type {PanelView|null} */ (null);
    this.place = /** @type {number|null} */ (null);
    this.holds = false;
    this.asksSettings = false; // whether to show the settings as soon as the list of runs is open
    this.isOld = false; // whether livemon has ended, or cannot be reached: the runs may have gone on
    this.shownAt = 0; // Date.now() when the last board came
    this.stretchedAt = 0; // Date.now() when the wheel or a drag last moved the stretch of x
    this.busy = 0; // a timer: until the page says that it waits
    this.runs = new RunList(this, byId("runs"));
    this.depth = 0;
    this.tables = /** @type {HTMLElement|null} */ (null);
    this.sees = new IntersectionObserver((entries) => {
      for (const entry of entries) /** @type {any} */ (entry.target).view.near(entry.isIntersecting);
    }, { rootMargin: "100% 0px" });
    this.onScreen = new IntersectionObserver((entries) => {
      for (const entry of entries) /** @type {any} */ (entry.target).view.seen(entry.isIntersecting);
    });
    this.room = new ResizeObserver(() => fit(byId("panels")));
    for (const name of ["top", "runs", "panels"]) this.room.observe(byId(name));
    /** @type {Set<PanelView>} */
    this.soon = new Set(); // panels near the screen that are not drawn yet
    this.drawing = 0; // the requested frame in which some of them are drawn
    this.follows = 0; // the requested frame in which the panels on the screen follow the cursor
    this.frames = 0; // boards shown so far
    this.moving = Promise.resolve();
  }

  /** The next number of panels to ask for; the same as now if the server makes no more. */
  get nextMost() {
    return MORE_PANELS.find((most) => most > this.most) || this.most;
  }

  async start() {
    byId("line").textContent = "livemon is reading"; // until the first board
    this.table = await this.source.table();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const chooseTheme = () => this.applyTheme(this.table.style || localStorage.getItem("livemon theme") || (dark.matches ? "dark" : "light"));
    chooseTheme();
    dark.addEventListener("change", chooseTheme);
    this.listen();
    this.connect();
  }

  // -- the server

  /** The lens of the address, as text. */
  get lens() {
    return this.addressPart(0);
  }

  /** The column by which the list of runs is sorted, with "-" before it for the largest first; "" for no sorting. */
  get sort() {
    return this.addressPart(1);
  }

  /** @param {number} which part of the address */
  addressPart(which) {
    try {
      return decodeURIComponent(location.hash.slice(1).split("&sort=")[which] || "");
    } catch {
      return "";
    }
  }

  /** @param {string} lens @param {string} sort */
  address(lens, sort) {
    const hash = encodeURIComponent(lens) + (sort ? `&sort=${encodeURIComponent(sort)}` : "");
    return location.pathname + location.search + (hash ? `#${hash}` : "");
  }

  /** @param {string} sort */
  sortRuns(sort) {
    history.replaceState(history.state, "", this.address(this.lens, sort));
    this.runs.update();
  }

  /** The view to ask the source for. @returns {import("./source.js").View} */
  get view() {
    const width = byId("panels").clientWidth;
    const columns = this.lens.includes('"large"') ? 1 : width > 1068 ? 3 : width > 668 ? 2 : 1;
    return { lens: this.lens, width: Math.ceil(width * Math.min(2, columns) / columns), panels: this.most };
  }

  connect() {
    this.source.connect(this.view);
  }

  /** Note whether an answer is awaited. @param {boolean} isAwaited */
  setWaiting(isAwaited) {
    clearTimeout(this.busy);
    byId("busy").hidden = true;
    if (isAwaited) this.busy = setTimeout(() => { byId("busy").hidden = false; }, BUSY_MS);
  }

  /** The callbacks for the source. @returns {import("./source.js").Handlers} */
  get handlers() {
    return {
      board: (message) => {
        this.showProblem("");
        this.setWaiting(false);
        this.update(message);
        if (this.holds) this.source.close(); // the next connection gives the news missed until then
      },
      refused: (refusal) => {
        const words = refusal.replace(/^--[\w-]+: /, ""); // the user of a page has typed no option
        this.setWaiting(false);
        this.notify(words);
        byId("filter").setAttribute("aria-invalid", String(words.includes("select")));
        if (!this.board.order.length) this.showProblem(words);
        else if (this.depth > 0 && !words.includes("select")) history.back();
      },
      ended: () => this.showProblem("livemon has ended: this is what it showed last. Start it again, and the page goes on."),
      silent: (seconds) => this.showProblem(seconds ? `livemon has not answered for ${duration(seconds)}: this is what it showed last` : ""),
      outdated: (version) => { // another version of livemon runs now, and may send other messages
        this.source.close();
        if (sessionStorage.getItem("livemon version") === version) this.showProblem("livemon has another version by now: reload the page");
        else location.reload();
        sessionStorage.setItem("livemon version", version);
      },
      lost: () => {
        this.setWaiting(false);
        this.showProblem("no connection to livemon: this is what it showed last; trying again");
      },
    };
  }

  /** @param {string} words */
  showProblem(words) {
    const space = byId("connection");
    if (words && !space.hidden && space.textContent.startsWith("livemon has ended") && words.startsWith("no connection")) return;
    space.hidden = !words;
    if (space.textContent !== words) space.textContent = words;
    if (this.isOld === Boolean(words)) return;
    this.isOld = Boolean(words);
    byId("standing").classList.toggle("is-old", this.isOld);
    if (!this.board.parts.header) return;
    showHeader(this);
    this.runs.update();
  }

  /** When what is shown was so, in words; "" while it is news. */
  get asOf() {
    return this.isOld ? ` as of ${new Date(this.shownAt).toLocaleString("sv")}` : "";
  }

  /** @param {string} what @param {Record<string, any>} command */
  request(what, command) {
    return this.source.ask(what, this.view, command);
  }

  /** Do an action that changes the lens. @param {Record<string, any>} words @param {boolean} [instead] whether it replaces the last step in the history */
  move(words, instead = false) {
    this.moving = this.moving.then(() => this.moveNow(words, instead)); // each starts from the lens of the last action
    return this.moving;
  }

  /** @param {Record<string, any>} words @param {boolean} instead */
  async moveNow(words, instead) {
    const { lens, problem, words: event } = await this.request("move", words);
    if (problem) this.notify(problem);
    else this.look(lens, instead);
    if (event) this.notify(event);
  }

  /** Open the list of runs, which has the settings of so many, and show them. */
  openSettings() {
    this.asksSettings = true;
    return this.move({ action: "run list" });
  }

  /** Look through a lens. @param {any} lens @param {boolean} [instead] */
  look(lens, instead = false) {
    const text = JSON.stringify(lens) === "{}" ? "" : JSON.stringify({ version: 1, ...lens });
    const home = JSON.stringify(lens) === "{}" ? JSON.stringify({ version: 1 }) : text;
    if (home === this.lens) return;
    const address = this.address(home, this.sort);
    if (!instead) this.depth += 1;
    history[instead ? "replaceState" : "pushState"]({ depth: this.depth }, "", address);
    this.setWaiting(true);
    this.connect();
  }

  // -- showing the board

  /** @param {any} message */
  update(message) {
    const changed = this.board.take(message);
    this.frames += 1;
    this.shownAt = Date.now();
    const { parts } = message;
    if (parts.title || parts.header || parts.headline || parts.notices || parts.grid) showHeader(this);
    if (message.runs || parts.lens) this.runs.update();
    if (parts.axes || parts.lens) this.showTools();
    for (const [key, view] of this.views) {
      if (!this.board.panels.has(key)) {
        this.sees.unobserve(view.root);
        this.onScreen.unobserve(view.root);
        view.unmount();
        view.root.remove();
        this.views.delete(key);
      }
    }
    for (const key of changed) {
      const panel = /** @type {any} */ (this.board.panels.get(key));
      const view = this.views.get(key);
      if (view) view.update(panel);
      else this.views.set(key, new PanelView(this, panel));
    }
    if (parts.notices) for (const view of this.views.values()) view.showSeverity();
    if (message.order || message.whole) this.arrange();
    if (parts.summary || parts.config || message.whole) this.showTables();
    byId("panels").classList.toggle("large", this.board.parts.grid.columns === 1);
    if (this.place !== null) this.pointAt(this.place);
    if (this.asksSettings && this.board.parts.lens.run_list) {
      this.asksSettings = false;
      showSettings(this);
    }
  }

  arrange() {
    const space = byId("panels");
    const roots = this.board.order.map((key) => /** @type {PanelView} */ (this.views.get(key)).root);
    if (this.tables) roots.splice(1, 0, this.tables);
    const focused = document.activeElement;
    arrange(space, roots);
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true });
    for (const view of this.views.values()) {
      view.root.view = view;
      this.sees.observe(view.root);
      this.onScreen.observe(view.root);
    }
  }

  showTables() {
    const before = this.tables;
    const scrolled = before?.querySelector(".tables")?.scrollTop || 0;
    this.tables = tables(this);
    if (before && this.tables && before.isConnected) before.replaceWith(this.tables);
    else this.arrange();
    const now = this.tables?.querySelector(".tables");
    if (now) now.scrollTop = scrolled;
  }

  showTools() {
    const { axes, lens } = this.board.parts;
    const select = byId("axis");
    if (select.dataset.has !== axes.has.join()) {
      select.dataset.has = axes.has.join();
      select.replaceChildren(...axes.has.map((/** @type {string} */ name) => element("option", { value: name, textContent: name })));
    }
    select.value = axes.kind;
    select.parentElement.hidden = !axes.kind; // while there is no row
    for (const button of document.querySelectorAll("[data-zoomed]")) /** @type {HTMLButtonElement} */ (button).disabled = !lens.zoom;
    byId("groups").hidden = lens.group_by === undefined && this.board.parts.settings.of.length < 2 && !/^[\d,]+ runs/.test(this.board.parts.title);
    byId("groups").setAttribute("aria-pressed", String(lens.group_by !== undefined));
    byId("runs-button").setAttribute("aria-pressed", String(Boolean(lens.run_list)));
    const strength = byId("strength");
    if (strength) strength.textContent = lens.smooth === undefined ? "auto" : lens.smooth || "off";
    byId("limits").textContent = lens.limits === "full" ? "full limits" : "robust limits";
    if (document.activeElement !== byId("filter")) byId("filter").value = lens.select || "";
    byId("filter").setAttribute("aria-invalid", "false");
  }

  /** @param {string} theme */
  applyTheme(theme) {
    this.theme = theme === "light" ? "light" : "dark";
    this.colours = this.table.colours[this.theme];
    const root = document.documentElement;
    for (const [name, value] of Object.entries(this.colours)) root.style.setProperty(`--${name.replace("frame-", "")}`, value);
    root.style.colorScheme = this.theme;
    for (const view of this.views.values()) {
      view.unmount();
      view.update(view.panel);
    }
    if (this.board.order.length) {
      showHeader(this);
      this.runs.update();
    }
  }

  /** @param {string} words */
  notify(words) {
    const space = byId("message");
    space.textContent = words;
    space.hidden = false;
    clearTimeout(space.timer);
    space.timer = setTimeout(() => { space.hidden = true; }, MESSAGE_MS);
  }

  // -- the cursor

  /** @param {PanelView} view */
  choose(view) {
    this.chosen = view;
  }

  /** @param {PanelView} view */
  isChosen(view) {
    return this.chosen === view;
  }

  /** The pointer is at an x, or nowhere (null). Panels on the screen follow in the next frame, other panels when they
   * come into view. @param {number|null} x */
  pointAt(x) {
    this.place = x;
    this.follows = this.follows || requestAnimationFrame(() => this.follow());
  }

  /** Draw a panel near the screen as soon as a frame has time for it, so that scrolling never waits.
   * @param {PanelView} view */
  drawSoon(view) {
    this.soon.add(view);
    this.drawing = this.drawing || requestAnimationFrame(() => this.drawSome());
  }

  drawSome() {
    const began = performance.now();
    this.drawing = 0;
    for (const view of this.soon) {
      this.soon.delete(view);
      if (!view.plot) view.drawNow();
      if (performance.now() - began > DRAW_MS) break;
    }
    for (const view of this.soon) this.drawSoon(view);
  }

  follow() {
    this.follows = 0;
    for (const view of this.views.values()) if (view.isSeen) view.pointTo(this.place);
    this.showPlace(this.place);
  }

  /** @param {number|null} x */
  showPlace(x) {
    const space = byId("place");
    space.hidden = x === null;
    if (x === null) return;
    const { axes, rulers } = this.board.parts;
    const label = this.chosen?.panel.x_label || axes.kind;
    const whole = label === "step" || label === "row";
    const parts = [`${label} ${count(whole ? Math.round(x) : Number(x.toPrecision(6)))}`];
    for (const ruler of rulers) {
      if (ruler.kind === axes.kind) continue;
      const value = alongRuler(ruler, x);
      if (!Number.isFinite(value)) continue;
      if (ruler.kind !== "time") parts.push(`${ruler.kind} ${count(ruler.kind === "epoch" ? Math.round(value * 100) / 100 : Math.round(value))}`);
      else parts.push(value > UNIX_FROM ? new Date(value * 1000).toLocaleString("sv") : `after ${duration(value)}`);
    }
    space.textContent = parts.join(" · ");
  }

  /** Move the cursor along the chosen panel, for the arrow keys. @param {number} by pixels */
  step(by) {
    const plot = this.chosen?.plot;
    if (!plot) return;
    const width = plot.over.clientWidth;
    const before = plot.cursor.left >= 0 ? plot.cursor.left : by > 0 ? 0 : width;
    const left = Math.max(0, Math.min(width, before + by));
    plot.setCursor({ left, top: plot.over.clientHeight / 2 });
    const x = plot.posToVal(left, "x");
    this.pointAt(x);
    this.follow();
    byId("spoken").textContent = `${byId("place").textContent}: ${(this.chosen?.read(x) || []).join(", ")}`;
  }

  /** The name of a run in legends, where it tells more than the name in the list of runs; "" elsewhere. @param {string} run @returns {string} */
  otherName(run) {
    const label = this.board.parts.labels[run] || "";
    return label.split(" ").every((/** @type {string} */ part) => run.includes(part)) ? "" : label;
  }

  // -- actions

  /** @param {string} action */
  act(action) {
    const dialog = byId("dialog");
    if (action === "help") return dialog.open ? dialog.close() : showHelp(this);
    if (action === "save") return showSaving(this);
    if (action === "filter") return byId("filter").focus();
    if (action === "back") return this.depth > 0 ? history.back() : this.notify("nothing was done before");
    if (action === "home") {
      if (this.lens) {
        this.depth += 1;
        history.pushState({ depth: this.depth }, "", this.address("", this.sort));
        this.connect();
      }
      return undefined;
    }
    if (action === "theme") {
      this.applyTheme(this.theme === "dark" ? "light" : "dark");
      localStorage.setItem("livemon theme", this.theme);
      return undefined;
    }
    if (action === "full screen") return document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    if (action === "hold") {
      this.holds = !this.holds;
      this.notify(this.holds ? "held still: w goes on" : "goes on");
      if (this.holds) this.source.close();
      else this.connect();
      return undefined;
    }
    if (action === "zoom in" || action === "zoom out") return zoom(this, action === "zoom in" ? "in" : "out");
    if (action === "pan left" || action === "pan right") return pan(this, action === "pan left" ? -0.5 : 0.5);
    if (action === "settings") return showSettings(this);
    if (action === "leave") return this.move({ action: "run list" });
    if (action === "quit") return this.notify("close the tab; Ctrl-C in the terminal ends livemon");
    return this.move({ action, panel: this.chosen?.panel.key || this.board.order[0] || "" });
  }

  listen() {
    document.addEventListener("keydown", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (byId("dialog").open) {
        if (event.key === "?") byId("dialog").close();
        return;
      }
      if (this.runs.key(event)) return;
      if (target.matches("input, select, textarea")) {
        if (event.key === "Escape" || (event.key === "Enter" && target.id === "filter")) target.blur();
        return;
      }
      if (event.key === "Enter" && target.matches("button, a, summary")) return;
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        this.step((event.key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 20 : 2));
        event.preventDefault();
        return;
      }
      const moves = OWN_KEYS[event.key];
      if (moves) {
        event.preventDefault();
        this.act(moves);
        return;
      }
      const names = /** @type {Record<string, string>} */ ({ Escape: "escape", Enter: "enter", Backspace: "backspace", Home: "home", End: "end" });
      const name = names[event.key] || event.key;
      const key = this.table.keys.find((/** @type {any} */ one) => one.names.includes(name));
      if (!key || name === "F11") return;
      event.preventDefault();
      this.act(key.action);
    });
    byId("tools").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
    for (const button of document.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.act(/** @type {HTMLElement} */ (button).dataset.do || ""));
    }
    byId("all-tools").addEventListener("click", () => byId("all-tools").setAttribute("aria-expanded", String(byId("tools").classList.toggle("is-open"))));
    byId("all-notices").addEventListener("click", () => {
      byId("found").classList.toggle("is-short");
      showRest();
    });
    byId("axis").addEventListener("change", () => this.move({ action: "axis", text: byId("axis").value }));
    let isTyping = false;
    byId("filter").addEventListener("input", () => {
      this.move({ action: "filter", text: byId("filter").value }, isTyping);
      isTyping = true;
    });
    byId("filter").addEventListener("blur", () => { isTyping = false; });
    byId("all-panels").addEventListener("click", () => {
      this.most = this.nextMost;
      this.connect();
    });
    addEventListener("popstate", (event) => {
      this.depth = event.state?.depth || 0;
      this.connect();
    });
    addEventListener("hashchange", () => this.connect());
    let hideTimer = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hideTimer);
      if (document.hidden) hideTimer = setTimeout(() => this.source.close(), HIDDEN_SECONDS * 1000);
      else if (!this.source.isOpen && !this.holds) this.connect();
    });
    let width = innerWidth, settles = 0;
    addEventListener("resize", () => {
      fit(byId("panels"));
      showRest();
      clearTimeout(settles);
      settles = setTimeout(() => {
        if (Math.abs(innerWidth - width) > 100) {
          width = innerWidth;
          this.connect();
        }
      }, 300);
    });
  }
}

const page = new Page();
Reflect.set(window, "livemon", page);
page.start().catch((error) => page.showProblem(`the page could not start: ${error.message}; reload it`));
