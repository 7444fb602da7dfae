// The worker that all tabs of one address share: it holds their connection to livemon, see stream.js. It ends with the
// last of them.

import { Stream } from "./stream.js";

const stream = new Stream(new URL("../stream", location.href).href);

Reflect.set(self, "onconnect", (/** @type {MessageEvent} */ connection) => {
  const [port] = connection.ports;
  const listen = stream.listener((news) => port.postMessage(news));
  port.onmessage = ({ data: { view, cursor, number, lock } }) => {
    // A tab holds a lock for as long as it lives: whoever gets it knows that the tab has gone, however that was.
    if (lock) navigator.locks.request(lock, () => listen(null, "", 0));
    else listen(view, cursor, number);
  };
});
