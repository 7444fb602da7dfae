// The worker that has the connection of all tabs to livemon (see shared.js). The first one starts as soon as this module
// is there: that takes as long as loading all others.

/** A worker, and whether it could not start: some browsers have shared workers, but not with modules.
 * @returns {{worker: SharedWorker, hasFailed: boolean}} */
function started() {
  const start = { worker: new SharedWorker(`page/shared.js?${document.documentElement.dataset.version}`, { type: "module" }), hasFailed: false };
  start.worker.onerror = () => {
    start.hasFailed = true;
  };
  return start;
}

export const canShare = typeof SharedWorker !== "undefined";
let first = canShare ? started() : null;

/** The first worker, and another one for each further call. */
export function nextWorker() {
  const next = first || started();
  first = null;
  return next;
}
