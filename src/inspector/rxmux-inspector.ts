import type { InspectedMux } from './mux-list.js';

declare global {
  // Where the types of the DOM are not loaded, these are all there is of them.
  interface HTMLElement {} // eslint-disable-line @typescript-eslint/no-empty-object-type
  interface HTMLElementTagNameMap {
    'rxmux-inspector': RxmuxInspector;
  }
}

/**
 * `<rxmux-inspector>`: shows muxes of the page's own, live. To import `rxmux/inspector` defines it; where there is no DOM that
 * does nothing.
 *
 * It takes the room that it is given: it has a height of its own only as far as the page's style says so. It works only while
 * it is in the page and the page is seen.
 *
 * @example
 * ```ts
 * import type { Mux } from 'rxmux';
 * import type { RxmuxInspector } from 'rxmux/inspector';
 *
 * // <rxmux-inspector style="height: 600px"></rxmux-inspector>
 * const show = (element: RxmuxInspector, mux: Mux) => {
 *   element.muxes = [mux];
 * };
 * ```
 */
export interface RxmuxInspector extends HTMLElement {
  /** The muxes that it shows. */
  muxes: readonly InspectedMux[];
}
