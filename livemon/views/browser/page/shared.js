// The worker that all tabs of one address share: it has their connection to livemon (see stream.js), and ends with the
// last tab.

import { Stream } from "./stream.js";

const stream = new Stream(new URL("../stream", location.href).href);

Reflect.set(self, "onconnect", (/** @type {MessageEvent} */ connection) => {
  const [port] = connection.ports;
  const listen = stream.listener((news) => port.postMessage(news));
  port.onmessage = ({ data: { view, cursor, number, lock } }) => {
    // A tab holds a lock as long as it exists: when the worker gets the lock, the tab has gone, for whatever reason.
    if (lock) navigator.locks.request(lock, () => listen(null, "", 0));
    else listen(view, cursor, number);
  };
});
