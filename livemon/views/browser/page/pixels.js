// The memory of a canvas grows with the square of this ratio, but above 2 nobody sees a difference. This must run
// before uPlot reads the ratio.
(() => {
  const own = Object.getOwnPropertyDescriptor(window, "devicePixelRatio");
  if (own && own.get) {
    const get = own.get;
    Object.defineProperty(window, "devicePixelRatio", { configurable: true, get: () => Math.min(2, get.call(window)) });
  }
})();
