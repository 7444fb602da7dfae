// The source of the page's boards in a report: the file itself. There, this module replaces source.js; see there.

import { moved, seen, thawed } from "./frozen.js";

/** @typedef {import("./source.js").Message} Message */
/** @typedef {import("./source.js").View} View */
/** @typedef {import("./source.js").Heard} Heard */

/** The source of a report: its own file. */
export class FileSource {
  isLive = false;
  isOpen = false;

  /** @param {{table: any, message: Message, words?: any}} data @param {Heard} heard */
  constructor(data, heard) {
    this.data = data;
    this.heard = heard;
    this.message = thawed(data.message);
  }

  async table() {
    return this.data.table;
  }

  /** @param {View} view */
  connect(view) {
    this.isOpen = true;
    try {
      this.heard.board(seen(this.message, view));
    } catch (error) {
      this.heard.refused(error instanceof Error ? error.message : String(error));
    }
  }

  close() {
    this.isOpen = false;
  }

  /** @param {string} what @param {View} view @param {Record<string, any>} deed */
  async ask(what, view, deed) {
    return what === "words" ? this.data.words || {} : moved(this.message, view, deed);
  }
}

/** The source for this page. @param {Document} page @param {Heard} heard @returns {import("./source.js").Source} */
export function sourceOf(page, heard) {
  return new FileSource(JSON.parse(page.getElementById("livemon-data")?.textContent || ""), heard);
}
