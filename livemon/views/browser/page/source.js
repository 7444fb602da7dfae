// Where the page's boards come from: from livemon's server, or from the file itself, as in a report.
//
// The page knows no more of it than this. `sourceOf(document, heard)` gives the source that serves this page:
//   await source.table()    looks, keys and colours, as files.py puts them together
//   source.connect(view)    begin to give what is seen: heard.board(message) at once and for each change after that
//   source.close()          give nothing more, until `connect`: that gives what was missed, and only that
//   source.isOpen           whether it gives what is new
//   await source.ask("move" | "words", view, deed)    another lens, or the command and the Python that draw it;
//                                                     {problem: "..."} where that cannot be
//   source.isLive           whether there is a server: without it, nothing will be new
// `view` is {lens, width, panels}: the text of the lens in the address, the width of a panel in pixels, how many panels.
// A message is what feeds.py makes: {whole, parts, order, panels}; points are float64 in base64, as plain.py makes them.
//
// A report needs no server. It holds, before its scripts, one element
//   <script type="application/json" id="livemon-data">{"table": {...}, "message": {...}, "words": {...}}</script>
// with "<", ">" and "&" written as "\u003c" and so on, and it has file_source.js in the stead of this module: so a page
// of the server need not load what only a file needs. "table" is the content of
// table.json, "message" one whole message, and "words" what `ask("words")` answers. A lens that the page itself can
// serve (a zoom, a curve that is hidden) is for it to make: its `ask` answers the lens, and its `connect` gives the
// message that belongs to it.

import { Stream } from "./stream.js";

const SILENT_MS = 8000; // the server gives a sign of life every two seconds
const DEAD_MS = 20000; // a worker gives a sign of life every five seconds, whatever livemon does: one this silent is none
const MOST_DEATHS = 1; // of workers in a row: then a page has a connection of its own
const LONGEST_SHARED = 2000; // letters of a lens: the address of a shared connection holds those of all tabs

/** @typedef {{lens: string, width: number, panels: number}} View */
/** @typedef {{whole: boolean, parts: Record<string, any>, order?: string[], panels: any[]}} Message */
/** @typedef {{board: (message: Message) => void, refused: (words: string) => void, ended: () => void, lost: () => void, silent: (seconds: number) => void, outdated: (version: string) => void}} Heard */
/** @typedef {{isLive: boolean, isOpen: boolean, table: () => Promise<any>, connect: (view: View) => void, close: () => void,
 *   ask: (what: string, view: View, deed: Record<string, any>) => Promise<any>}} Source */

/** @param {Record<string, any>} fields @returns {URLSearchParams} those that have a value */
function query(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== "" && value !== undefined)
    .map(([name, value]) => [name, String(value)]));
}

/** livemon's server. A cursor says what came last, so that the next connection gives what was missed. */
export class StreamSource {
  isLive = true;

  /** @param {Heard} heard */
  constructor(heard) {
    this.heard = heard;
    this.cursor = "";
    this.version = "";
    this.view = /** @type {View|null} */ (null); // that is given; null: nothing is
    this.number = 0; // of what was asked: what comes for an earlier one, comes too late
    this.listen = /** @type {((view: View|null, cursor: string, number: number) => void)|null} */ (null);
    this.canShare = typeof SharedWorker !== "undefined";
    this.isShared = false;
    this.isLost = false;
    this.deaths = 0;
    this.aliveAt = this.toldAt = 0; // of Date.now(): livemon gave a sign of life; the connection was heard of
    setInterval(() => this.look(), 1000);
    addEventListener("pagehide", () => this.close());
  }

  async table() {
    const table = await (await fetch("page/table.json")).json();
    this.version = table.version;
    return table;
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

  /** The next connection is another one. */
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
    const worker = new SharedWorker(`page/shared.js?${this.version}`, { type: "module" });
    const { port } = worker;
    port.onmessage = ({ data }) => this.hear(data);
    worker.onerror = () => { // it could not start: a browser may know such workers, but not those made of modules
      this.canShare = false;
      this.again();
    };
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
      this.heard.outdated(news.version);
      return;
    }
    this.isLost = news.kind === "lost" || news.kind === "end";
    if (!this.isLost) {
      if (now - this.aliveAt > SILENT_MS) this.heard.silent(0);
      this.aliveAt = now;
    }
    if (news.kind === "board") {
      this.cursor = news.cursor || "";
      this.heard.board(JSON.parse(news.text || ""));
    } else if (news.kind === "refused") this.heard.refused(news.words || "");
    else if (news.kind === "end") this.heard.ended();
    else if (news.kind === "lost") this.heard.lost();
  }

  /** Whether livemon still answers. */
  look() {
    if (!this.view) return;
    const now = Date.now();
    if (!this.isLost && now - this.aliveAt > SILENT_MS) this.heard.silent((now - this.aliveAt) / 1000);
    if (now - this.toldAt > DEAD_MS) {
      if (this.isShared && ++this.deaths > MOST_DEATHS) this.canShare = false;
      this.again();
    }
  }

  /** @param {string} what @param {View} view @param {Record<string, any>} deed */
  async ask(what, view, deed) {
    try {
      const answer = await fetch(`${what}?${query({ ...view, ...deed })}`);
      if (!(answer.headers.get("content-type") || "").startsWith("application/json")) return { problem: await answer.text() };
      return await answer.json();
    } catch {
      return { problem: "no connection to livemon" };
    }
  }
}

/** The source that serves this page. @param {Document} page @param {Heard} heard @returns {Source} */
export function sourceOf(page, heard) {
  return new StreamSource(heard);
}
