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

const TRY_AGAIN_MS = 2000;
const SILENT_MS = 8000; // the server gives a sign of life every two seconds

/** @typedef {{lens: string, width: number, panels: number}} View */
/** @typedef {{whole: boolean, parts: Record<string, any>, order?: string[], panels: any[]}} Message */
/** @typedef {{board: (message: Message) => void, refused: (words: string) => void, ended: () => void, lost: () => void, silent: (seconds: number) => void}} Heard */
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
    this.events = /** @type {EventSource|null} */ (null);
    this.waits = 0;
    this.heardAt = 0; // of Date.now()
    setInterval(() => {
      if (this.events?.readyState === EventSource.OPEN && Date.now() - this.heardAt > SILENT_MS) this.heard.silent((Date.now() - this.heardAt) / 1000);
    }, 1000);
  }

  async table() {
    return (await fetch("page/table.json")).json();
  }

  get isOpen() {
    return Boolean(this.events) && this.events?.readyState !== EventSource.CLOSED;
  }

  /** @param {View} view */
  connect(view) {
    this.close();
    const events = this.events = new EventSource(`stream?${query({ ...view, since: this.cursor })}`);
    const hears = () => {
      if (Date.now() - this.heardAt > SILENT_MS) this.heard.silent(0);
      this.heardAt = Date.now();
    };
    this.heardAt = Date.now();
    events.addEventListener("open", hears);
    events.addEventListener("beat", hears);
    events.addEventListener("board", (event) => {
      hears();
      this.cursor = event.lastEventId;
      this.heard.board(JSON.parse(event.data));
    });
    events.addEventListener("refused", (event) => this.heard.refused(JSON.parse(event.data).words));
    events.addEventListener("end", () => this.heard.ended());
    events.addEventListener("error", () => {
      this.heard.lost();
      if (events.readyState === EventSource.CLOSED && events === this.events) this.waits = setTimeout(() => this.connect(view), TRY_AGAIN_MS);
    });
  }

  close() {
    clearTimeout(this.waits);
    this.events?.close();
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
