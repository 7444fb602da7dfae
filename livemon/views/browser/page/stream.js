// One connection to livemon for all pages: a browser has six connections for one host, and without a free connection a
// page would stay blank. shared.js has it for all tabs; without such a worker, each page has a connection of its own.

const SOON_MS = 2; // listeners that come together share the connection from its start
const TRY_AGAIN_MS = 2000;
const HERE_MS = 5000;
const DEAD_MS = 15000; // the server gives a sign of life every two seconds: after this the connection is dead

/** @typedef {import("./source.js").View} View */
/** News for a page: a board's text and the cursor after it; why a lens is refused; that livemon has ended or cannot be
 * reached; that it is alive, with its version; or that at least the worker is. `number` is that of the page's request.
 * @typedef {{kind: "board"|"refused"|"end"|"lost"|"alive"|"here", number?: number, cursor?: string, text?: string, words?: string, version?: string}} News */
/** @typedef {{view: View, cursor: string, tell: (news: News) => void}} Listener */

export class Stream {
  /** @param {string} address */
  constructor(address) {
    this.address = address;
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    /** @type {Listener[][]} */
    this.groups = []; // listeners with the same view and cursor: their news comes once
    this.events = /** @type {EventSource|null} */ (null);
    this.waits = 0;
    this.heardAt = 0; // Date.now() when the connection was last handlers
    setInterval(() => {
      if (this.groups.length && Date.now() - this.heardAt > DEAD_MS) this.open();
      for (const listener of this.listeners) listener.tell({ kind: "here" });
    }, HERE_MS);
  }

  /** Returns a function for a page to say which view it listens to, and which news it got last. @param {(news: News) => void} tell
   * @returns {(view: View|null, cursor: string, number: number) => void} */
  listener(tell) {
    let now = /** @type {Listener|null} */ (null);
    return (view, cursor, number) => {
      if (now) this.listeners.delete(now);
      now = view && { view, cursor, tell: (news) => tell({ ...news, number }) };
      if (now) this.listeners.add(now);
      this.openSoon(SOON_MS);
    };
  }

  /** @param {number} ms */
  openSoon(ms) {
    clearTimeout(this.waits);
    this.waits = setTimeout(() => this.open(), ms);
  }

  open() {
    clearTimeout(this.waits);
    this.events?.close();
    /** @type {Map<string, Listener[]>} */
    const groups = new Map();
    for (const listener of this.listeners) {
      const key = JSON.stringify({ ...listener.view, since: listener.cursor });
      groups.set(key, [...(groups.get(key) || []), listener]);
    }
    this.groups = [...groups.values()];
    this.events = this.groups.length ? this.connected([...groups.keys()]) : null;
  }

  /** @param {string[]} asked */
  connected(asked) {
    this.heardAt = Date.now();
    const events = new EventSource(`${this.address}?of=${encodeURIComponent(`[${asked.join()}]`)}`);
    events.addEventListener("beat", (event) => this.tell({ kind: "alive", version: JSON.parse(event.data).version }));
    events.addEventListener("board", (event) => {
      const [which, ...cursors] = event.lastEventId.split(" ");
      const cursor = cursors[Number(which)];
      for (const listener of this.groups[Number(which)]) listener.cursor = cursor;
      this.tell({ kind: "board", cursor, text: event.data }, this.groups[Number(which)]);
    });
    events.addEventListener("refused", (event) => {
      const { of, words } = JSON.parse(event.data);
      this.tell({ kind: "refused", words }, this.groups[of]);
    });
    events.addEventListener("end", () => this.tell({ kind: "end" }));
    events.addEventListener("error", () => {
      this.tell({ kind: "lost" });
      if (events.readyState === EventSource.CLOSED) this.openSoon(TRY_AGAIN_MS);
    });
    return events;
  }

  /** @param {News} news @param {Iterable<Listener>} listeners */
  tell(news, listeners = this.listeners) {
    this.heardAt = Date.now();
    for (const listener of listeners) listener.tell(news);
  }
}
