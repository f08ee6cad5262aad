import type { MuxFigures, Picture } from '../inspector/picture.js';
import { bytesText, timeText } from '../inspector/words.js';
import { Chart } from './chart.js';
import type { Colours } from './colours.js';
import { make } from './make.js';
import { putText } from './put-text.js';

/** The muxes, each on a card: a click shows the channels of that one only. */
export class MuxCards {
  readonly #list = make('div', 'cards');
  readonly #more = make('p', 'more');
  readonly element = make('section', 'muxes', this.#list, this.#more);
  readonly #cards = new Map<number, MuxCard>();
  readonly #choose: (mux: number) => void;

  constructor(choose: (mux: number) => void) {
    this.#choose = choose;
    this.element.setAttribute('aria-label', 'Muxes');
  }

  show({ muxes, muxCount, at }: Picture, chosen: number | undefined, colours: Colours): void {
    const keys = new Set(muxes.map(({ key }) => key));
    for (const [key, card] of this.#cards) {
      if (!keys.has(key)) {
        card.destroy();
        this.#cards.delete(key);
      }
    }
    for (const figures of muxes) {
      let card = this.#cards.get(figures.key);
      if (card === undefined) {
        card = new MuxCard(figures, this.#choose);
        this.#cards.set(figures.key, card);
        this.#list.append(card.element);
      }
      card.show(figures, at, chosen, muxCount, colours);
    }
    const more = muxCount - muxes.length;
    this.#more.hidden = more === 0;
    putText(this.#more, more === 0 ? '' : `and ${more} more: their channels are in the table`);
  }

  destroy(): void {
    this.#cards.forEach((card) => {
      card.destroy();
    });
  }
}

const FACTS = ['channels', 'room', 'round trip', 'windows', 'errors'] as const;

class MuxCard {
  readonly element = make('button', 'card');
  readonly #state = make('span', 'badge');
  readonly #chart = new Chart({
    lines: [
      { label: 'in', colour: 'in', isFilled: true },
      { label: 'out', colour: 'out', isFilled: true },
    ],
    height: 92,
    unit: '/s',
  });
  readonly #facts = new Map(FACTS.map((name) => [name, make('dd')]));

  constructor({ key, name }: MuxFigures, choose: (mux: number) => void) {
    const facts = make('dl', 'facts');
    for (const [fact, value] of this.#facts) {
      facts.append(make('div', '', make('dt', '', fact), value));
    }
    this.element.type = 'button';
    this.element.append(
      make('span', 'title', make('span', 'name', name), this.#state),
      this.#chart.element,
      facts,
    );
    this.element.addEventListener('click', () => {
      choose(key);
    });
  }

  show(
    figures: MuxFigures,
    at: number,
    chosen: number | undefined,
    muxCount: number,
    colours: Colours,
  ): void {
    const { key, isOver, rateIn, rateOut, stuck, stats } = figures;
    const { channels, capacity, windowBytes, roundTrip, errors } = stats;
    const isChosen = chosen === key;
    this.element.classList.toggle('over', isOver);
    this.element.classList.toggle('only', muxCount === 1);
    this.element.setAttribute('aria-pressed', `${isChosen}`);
    this.#state.className = isOver ? 'badge' : stuck > 0 ? 'badge stuck' : 'badge good';
    putText(this.#state, isOver ? 'ended' : stuck > 0 ? `${stuck} stuck` : 'live');
    this.#put(
      'channels',
      `${count(channels.open)} of ${count(channels.opened)}${channels.refused > 0 ? `, ${count(channels.refused)} refused` : ''}`,
    );
    this.#put('room', isOver ? '–' : capacity > 0 ? bytesText(capacity) : 'full', !isOver && capacity === 0);
    this.#put(
      'round trip',
      roundTrip === undefined ? '–' : roundTrip < 1000 ? `${roundTrip.toFixed(1)} ms` : timeText(roundTrip),
    );
    this.#put('windows', `${bytesText(windowBytes.granted)} of ${bytesText(windowBytes.budget)}`);
    this.#put('errors', errors === 0 ? '' : count(errors), errors > 0);
    this.#chart.add(at, [rateIn, rateOut]);
    this.#chart.draw(colours);
  }

  destroy(): void {
    this.#chart.destroy();
    this.element.remove();
  }

  #put(fact: (typeof FACTS)[number], text: string, isBad = false): void {
    const element = this.#facts.get(fact);
    if (element !== undefined) {
      putText(element, text);
      element.classList.toggle('bad', isBad);
      element.parentElement?.toggleAttribute('hidden', text === '');
    }
  }
}

const count = (number: number): string => number.toLocaleString('en').replaceAll(',', '\u2009');
