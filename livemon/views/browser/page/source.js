// The source of the page's boards: livemon's server, or in a report the file itself.
//
// The page knows only this interface. `sourceOf(document, handlers)` returns the source for this page:
//   await source.table()    looks, keys and colours, from files.py
//   source.connect(view)    begin to send boards: handlers.board(message) at once, and again for each change
//   source.close()          send nothing until the next `connect`, which sends only the missed news
//   source.isOpen           whether it sends news
//   await source.ask("move" | "words", view, command)    another lens, or the command and the Python code that draw it;
//                                                     {problem: "..."} if that is not possible
//   source.isLive           whether there is a server: without it, nothing changes
// `view` is {lens, width, panels}: the text of the lens in the address, the width of a panel in pixels, and the number
// of panels. Messages come from feeds.py: {whole, parts, runs, order, panels}; points are float64 in base64, from plain.py.
//
// A report needs no server. Before its scripts, it has one element
//   <script type="application/json" id="livemon-data">{"table": {...}, "message": {...}, "words": {...}}</script>
// with "<", ">" and "&" written as "\u003c" and so on. In a report, file_source.js replaces this module, so that a page
// from the server does not load code that only a file needs. "table" is the content of table.json, "message" one whole
// message, and "words" the answer to `ask("words")`. The report itself makes the lenses that it can serve (a zoom, a
// hidden curve): its `ask` returns the lens, and its `connect` sends the message for it.

import { Stream } from "./stream.js";
import { canShare, nextWorker } from "./worker.js";

const SILENT_MS = 8000; // the server gives a sign of life every two seconds
const DEAD_MS = 20000; // a worker gives a sign of life every five seconds, whatever livemon does: after this it is dead
const MOST_DEATHS = 1; // of workers in a row: after more, a page has a connection of its own
const LONGEST_SHARED = 2000; // characters of a lens: the address of a shared connection has the lenses of all tabs

/** @typedef {{lens: string, width: number, panels: number}} View */
/** @typedef {{whole: boolean, parts: Record<string, any>, runs?: {rows: any[], order?: string[]}, order?: string[], panels: any[]}} Message */
/** @typedef {{board: (message: Message) => void, refused: (words: string) => void, ended: () => void, lost: () => void, silent: (seconds: number) => void, outdated: (version: string) => void}} Handlers */
/** @typedef {{isLive: boolean, isOpen: boolean, table: () => Promise<any>, connect: (view: View) => void, close: () => void,
 *   ask: (what: string, view: View, command: Record<string, any>) => Promise<any>}} Source */

/** @param {Record<string, any>} fields @returns {URLSearchParams} the fields that have a value */
function query(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== "" && value !== undefined)
    .map(([name, value]) => [name, String(value)]));
}

/** The source with livemon's server. A cursor marks the last news: the next connection sends only what was missed. */
export class StreamSource {
  isLive = true;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    this.cursor = "";
    this.version = document.documentElement.dataset.version || "";
    this.view = /** @type {View|null} */ (null); // the view to send; null: none
    this.number = 0; // the number of the last request: answers to earlier ones come too late
    this.listen = /** @type {((view: View|null, cursor: string, number: number) => void)|null} */ (null);
    this.canShare = canShare;
    this.isShared = false;
    this.isLost = false;
    this.deaths = 0;
    this.aliveAt = this.toldAt = 0; // Date.now() at the last sign of life from livemon, and from the connection
    setInterval(() => this.look(), 1000);
    addEventListener("pagehide", () => this.close());
  }

  async table() {
    return (await fetch("page/table.json")).json();
  }

  get isOpen() {
    return this.view !== null;
  }

  /** @param {View} view */
  connect(view) {
    const isShared = this.canShare && encodeURIComponent(view.lens).length <= LONGEST_SHARED;
    if (isShared !== this.isShared) this.leave();
    this.isShared = isShared;
    this.listen ||= isShared ? this.shared() : new Stream("stream").listener((news) => this.hear(news));
    this.view = view;
    this.aliveAt = this.toldAt = Date.now();
    this.listen(view, this.cursor, ++this.number);
  }

  close() {
    this.view = null;
    this.listen?.(null, "", ++this.number);
  }

  /** Leave this connection: the next `connect` makes another. */
  leave() {
    this.close();
    this.listen = null;
  }

  again() {
    const { view } = this;
    this.leave();
    if (view) this.connect(view);
  }

  /** The connection that all tabs share. */
  shared() {
    const { worker, hasFailed } = nextWorker();
    const { port } = worker;
    port.onmessage = ({ data }) => this.hear(data);
    worker.onerror = () => {
      this.canShare = false;
      this.again();
    };
    if (hasFailed) setTimeout(worker.onerror);
    const lock = String(Math.random());
    navigator.locks?.request(lock, () => {
      port.postMessage({ lock });
      return new Promise(() => {}); // held until the tab ends
    });
    return (/** @type {View|null} */ view, /** @type {string} */ cursor, /** @type {number} */ number) => port.postMessage({ view, cursor, number });
  }

  /** @param {import("./stream.js").News} news */
  hear(news) {
    if (news.number !== this.number || !this.view) return;
    const now = Date.now();
    this.toldAt = now;
    this.deaths = 0;
    if (news.kind === "here") return;
    if (news.version && news.version !== this.version) {
      this.handlers.outdated(news.version);
      return;
    }
    this.isLost = news.kind === "lost" || news.kind === "end";
    if (!this.isLost) {
      if (now - this.aliveAt > SILENT_MS) this.handlers.silent(0);
      this.aliveAt = now;
    }
    if (news.kind === "board") {
      this.cursor = news.cursor || "";
      this.handlers.board(JSON.parse(news.text || ""));
    } else if (news.kind === "refused") this.handlers.refused(news.words || "");
    else if (news.kind === "end") this.handlers.ended();
    else if (news.kind === "lost") this.handlers.lost();
  }

  /** Whether livemon still answers. */
  look() {
    if (!this.view) return;
    const now = Date.now();
    if (!this.isLost && now - this.aliveAt > SILENT_MS) this.handlers.silent((now - this.aliveAt) / 1000);
    if (now - this.toldAt > DEAD_MS) {
      if (this.isShared && ++this.deaths > MOST_DEATHS) this.canShare = false;
      this.again();
    }
  }

  /** @param {string} what @param {View} view @param {Record<string, any>} command */
  async ask(what, view, command) {
    try {
      const answer = await fetch(`${what}?${query({ ...view, ...command })}`);
      if (!(answer.headers.get("content-type") || "").startsWith("application/json")) return { problem: await answer.text() };
      return await answer.json();
    } catch {
      return { problem: "no connection to livemon" };
    }
  }
}

/** The source for this page. @param {Document} page @param {Handlers} handlers @returns {Source} */
export function sourceOf(page, handlers) {
  return new StreamSource(handlers);
}
