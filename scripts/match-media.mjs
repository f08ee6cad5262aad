/** In what is bundled for browsers: jsdom has none, and uPlot asks it as soon as it is imported. */
export const matchMedia = (query) => globalThis.matchMedia?.(query) ?? new globalThis.EventTarget();
