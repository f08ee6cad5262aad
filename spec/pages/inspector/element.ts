// A page that looks at a mux of its own.
import 'rxmux/inspector';
import { muxPair } from 'rxmux/testing';

const { near, far } = muxPair();
far.channels$.subscribe(); // and reads nothing
near.open('unread').outbound$.next(new Uint8Array(100_000));

const element = document.createElement('rxmux-inspector');
element.muxes = [near];
element.style.height = '500px';
document.body.append(element);

Object.assign(globalThis, {
  /** Another mux instead of the first, and nothing of the first is listened to. */
  change: () => {
    element.muxes = [far];
    return element.muxes.length;
  },
  /** Another mux before the first. */
  add: () => {
    element.muxes = [far, near];
  },
  /** Out of the page and in again. */
  move: () => {
    element.remove();
    document.body.prepend(element);
  },
  element,
});
