import type { Detail } from '../inspector/picture.js';
import { isStuck } from '../inspector/wait.js';
import { bytesText, explanation, rateText, timeText } from '../inspector/words.js';
import { Chart } from './chart.js';
import type { Colours } from './colours.js';
import { make } from './make.js';
import { putText } from './put-text.js';

type Fact = readonly [name: string, text: (detail: Detail, at: number) => string];

const OUT: readonly Fact[] = [
  ['state', ({ stats }) => stats.states.outbound],
  ['rate', ({ rateOut }) => rateText(rateOut) || '–'],
  ['sent', ({ stats }) => bytesText(stats.sent)],
  ['in flight', ({ stats }) => bytesText(stats.sent - stats.acknowledged)],
  ['queued', ({ stats }) => bytesText(stats.queued)],
  ['credit', ({ stats }) => bytesText(stats.sendWindow)],
];

const IN: readonly Fact[] = [
  ['state', ({ stats }) => stats.states.inbound],
  ['rate', ({ rateIn }) => rateText(rateIn) || '–'],
  ['received', ({ stats }) => bytesText(stats.received)],
  ['consumed', ({ stats }) => bytesText(stats.consumed)],
  ['unread', ({ stats }) => bytesText(stats.unread)],
  ['room', ({ stats }) => bytesText(stats.receiveWindow)],
];

const BOTH: readonly Fact[] = [
  [
    'opened',
    ({ stats }, at) =>
      `${stats.openedBy === 'local' ? 'here' : 'by the peer'}, ${timeText(Math.max(0, at - stats.openedAt))} ago`,
  ],
  ['handshakes', ({ stats }) => `ours ${stats.states.handshake}, theirs ${stats.states.peerHandshake}`],
  ['priority', ({ stats }) => `${stats.priority}, weight ${stats.weight}`],
];

/** One channel: what it waits for, in words, its figures, and its credit over time. */
export class ChannelDetail {
  readonly element: HTMLElement;
  readonly #title = make('h2');
  readonly #about = make('p', 'about');
  readonly #why = make('p', 'why');
  readonly #out = new Chart({
    lines: [
      { label: 'credit', colour: 'credit' },
      { label: 'in flight', colour: 'flight', isFilled: true },
      { label: 'queued', colour: 'queue' },
    ],
    height: 120,
  });
  readonly #in = new Chart({
    lines: [
      { label: 'room', colour: 'credit' },
      { label: 'unread', colour: 'unread', isFilled: true },
    ],
    height: 120,
  });
  readonly #facts = new Map([...OUT, ...IN, ...BOTH].map((fact) => [fact, make('dd')]));
  #key: number | undefined;

  constructor(close: () => void) {
    const button = make('button', 'close', '×');
    button.setAttribute('aria-label', 'Close');
    button.addEventListener('click', close);
    const list = (facts: readonly Fact[]): HTMLElement =>
      make(
        'dl',
        'facts',
        ...facts.map((fact) => make('div', '', make('dt', '', fact[0]), this.#facts.get(fact) ?? '')),
      );
    this.element = make(
      'aside',
      'detail',
      make('div', 'top', this.#title, button),
      this.#about,
      this.#why,
      make('section', 'way', make('h3', '', 'This side to the peer'), this.#out.element, list(OUT)),
      make('section', 'way', make('h3', '', 'The peer to this side'), this.#in.element, list(IN)),
      make('section', 'both', make('h3', '', 'The channel'), list(BOTH)),
    );
    this.element.setAttribute('aria-label', 'Channel');
    this.element.hidden = true;
  }

  show(detail: Detail, at: number, colours: Colours): void {
    const { stats, wait, isGone, samples, label, id, muxName } = detail;
    if (detail.key !== this.#key) {
      this.#key = detail.key;
      this.#out.clear();
      this.#in.clear();
      // What it is looked at for comes first.
      this.element.classList.toggle('in-first', stats.received > stats.sent);
    }
    for (const { at: time, credit, inFlight, queued, room, unread } of samples) {
      this.#out.add(time, [credit, inFlight, queued]);
      this.#in.add(time, [room, unread]);
    }
    putText(this.#title, label === '' ? `channel ${id}` : label);
    putText(this.#about, `#${id} · ${muxName}`);
    this.#why.className = isGone ? 'why gone' : isStuck(wait) ? 'why stuck' : 'why';
    putText(
      this.#why,
      isGone ? 'The channel is gone. These are its last figures.' : explanation(stats, wait),
    );
    for (const [[, text], element] of this.#facts) {
      putText(element, text(detail, at));
    }
    this.#out.draw(colours);
    this.#in.draw(colours);
  }

  destroy(): void {
    this.#out.destroy();
    this.#in.destroy();
  }
}
