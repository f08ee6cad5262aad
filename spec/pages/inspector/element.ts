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
  /** Into another document, whose window is no window of the page's. */
  moveToFrame: () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    frame.contentDocument?.body.append(element);
  },
  /** Given its muxes only when it is in the page: to the messages of the errors that the page hears of until it shows them. */
  muxesLate: async () => {
    const errors: string[] = [];
    addEventListener('error', ({ message }) => errors.push(message));
    element.remove();
    element.muxes = [];
    document.body.append(element);
    element.muxes = [near];
    while (element.shadowRoot?.querySelector('.row:not([hidden])') == null) {
      await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return errors;
  },
  element,
});
