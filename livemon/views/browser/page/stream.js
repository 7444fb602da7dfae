// One connection to livemon for as many pages as there are: a browser has six for one host, and a page that found none
// free would stay blank. shared.js holds it for all tabs; where there is no such worker, a page has one of its own.

const SOON_MS = 2; // those who come together share the connection from its start
const TRY_AGAIN_MS = 2000;
const HERE_MS = 5000;
const DEAD_MS = 15000; // the server gives a sign of life every two seconds: a connection this silent is none

/** @typedef {import("./source.js").View} View */
/** What a page is told: a board's text and the cursor behind it, why a lens is refused, that livemon ended or is out
 * of reach, that it is there, with its version, or that at least we are; `number` is of what the page asked.
 * @typedef {{kind: "board"|"refused"|"end"|"lost"|"alive"|"here", number?: number, cursor?: string, text?: string, words?: string, version?: string}} News */
/** @typedef {{view: View, cursor: string, tell: (news: News) => void}} Listener */

export class Stream {
  /** @param {string} address */
  constructor(address) {
    this.address = address;
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    /** @type {Listener[][]} */
    this.groups = []; // of listeners to the same: what is new for them comes once
    this.events = /** @type {EventSource|null} */ (null);
    this.waits = 0;
    this.heardAt = 0; // of Date.now()
    setInterval(() => {
      if (this.groups.length && Date.now() - this.heardAt > DEAD_MS) this.open();
      for (const listener of this.listeners) listener.tell({ kind: "here" });
    }, HERE_MS);
  }

  /** A way for a page to say what it listens to from now on, and which news it got last. @param {(news: News) => void} tell
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
