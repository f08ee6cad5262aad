/// <reference lib="dom" />
import type { Point } from './feeds.js';

const WIDTH = 200;
const HEIGHT = 56;
const STEPS = 50;

/** What is seen of a feed: its name, its line, its value, and whether it is on. */
export class Card {
  readonly element = document.createElement('button');
  onToggle: (isOn: boolean) => void = () => undefined;
  readonly #value = document.createElement('strong');
  readonly #count = document.createElement('small');
  readonly #line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  #values: number[] = [];
  #shown = 0;

  constructor(title: string) {
    const name = document.createElement('span');
    name.textContent = title;
    const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    picture.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    picture.append(this.#line);
    this.#value.textContent = '–';
    this.element.append(name, this.#value, picture, this.#count);
    this.element.setAttribute('aria-pressed', 'false');
    this.element.addEventListener('click', () => {
      this.toggle();
    });
  }

  /** Switches it on, or off. */
  toggle(): void {
    const isOn = this.element.getAttribute('aria-pressed') !== 'true';
    this.element.setAttribute('aria-pressed', String(isOn));
    this.onToggle(isOn);
  }

  show({ value, count }: Point): void {
    this.#shown += 1;
    this.#values = [...this.#values, value].slice(-STEPS);
    this.#value.textContent = value.toFixed(1);
    this.#count.textContent = `${this.#shown} shown, now no. ${count}`;
    this.#line.setAttribute(
      'points',
      this.#values
        .map((y, index) => `${(index * WIDTH) / (STEPS - 1)},${HEIGHT - 3 - (y / 100) * (HEIGHT - 6)}`)
        .join(' '),
    );
  }
}
