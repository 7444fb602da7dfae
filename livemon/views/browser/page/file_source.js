// The source of the page's boards in a report: the file itself. There, this module replaces source.js; see there.

import { moved, seen, restored } from "./frozen.js";

/** @typedef {import("./source.js").Message} Message */
/** @typedef {import("./source.js").View} View */
/** @typedef {import("./source.js").Handlers} Handlers */

/** The source of a report: its own file. */
export class FileSource {
  isLive = false;
  isOpen = false;

  /** @param {{table: any, message: Message, words?: any}} data @param {Handlers} handlers */
  constructor(data, handlers) {
    this.data = data;
    this.handlers = handlers;
    this.message = restored(data.message);
  }

  async table() {
    return this.data.table;
  }

  /** @param {View} view */
  connect(view) {
    this.isOpen = true;
    try {
      this.handlers.board(seen(this.message, view));
    } catch (error) {
      this.handlers.refused(error instanceof Error ? error.message : String(error));
    }
  }

  close() {
    this.isOpen = false;
  }

  /** @param {string} what @param {View} view @param {Record<string, any>} command */
  async ask(what, view, command) {
    return what === "words" ? this.data.words || {} : moved(this.message, view, command);
  }
}

/** The source for this page. @param {Document} page @param {Handlers} handlers @returns {import("./source.js").Source} */
export function sourceOf(page, handlers) {
  return new FileSource(JSON.parse(page.getElementById("livemon-data")?.textContent || ""), handlers);
}
