import { make } from './make.js';
import { putText } from './put-text.js';

/** From here on a bar is as good as full. */
const FULL = 0.95;

/**
 * A bar that is filled from the left, and a text beside it.
 *
 * By its background, not by an element that is scaled or clipped: of each of those, browsers keep more.
 */
export class Bar {
  readonly element: HTMLElement;
  readonly #track = make('span', 'track');
  readonly #text = make('span', 'bar-text');
  #shown = -1;

  /** @param kind - a class, for its colour */
  constructor(kind: string) {
    this.element = make('span', `bar ${kind}`, this.#track, this.#text);
  }

  /** @param fraction - 0 … 1 */
  show(fraction: number, text: string): void {
    if (fraction !== this.#shown) {
      this.#shown = fraction;
      this.#track.style.backgroundSize = `${100 * fraction}% 100%`;
      this.element.classList.toggle('full', fraction >= FULL);
      this.element.classList.toggle('empty', fraction === 0);
    }
    putText(this.#text, text);
  }
}
