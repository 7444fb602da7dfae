// A browser starts no worker from a file, so that the search of the theme is dead in a folder of pages. There it gets
// this in place of a worker: the same script in a frame that nobody sees. The name makes the theme take no other one.
(() => {
  if (location.protocol !== "file:") return

  class FrameWorker extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      this.inside = frame.contentWindow
      this.inside.importScripts = (...urls) => Promise.all(urls.map(each => this.load(each)))
      this.inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", {data}))
      this.ready = this.load(url)
    }

    load(url) {
      return new Promise((resolve, reject) => {
        const script = this.inside.document.createElement("script")
        script.src = url
        script.onload = resolve
        script.onerror = reject
        this.inside.document.head.append(script)
      })
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new this.inside.MessageEvent("message", {data})))
    }

    terminate() {
      this.inside.frameElement.remove()
    }
  }

  window.Worker = FrameWorker
})()
