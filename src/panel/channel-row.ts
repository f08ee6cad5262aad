import type { Row } from '../inspector/picture.js';
import { isStuck } from '../inspector/wait.js';
import { bytesText, rateText, timeText, waitWords } from '../inspector/words.js';
import { Bar } from './bar.js';
import { make } from './make.js';
import { putText } from './put-text.js';

/** A channel's row, which is used again for others. */
export class ChannelRow {
  readonly element: HTMLElement;
  readonly #name = make('span', 'name');
  readonly #number = make('span', 'number');
  readonly #wait = make('span', 'wait');
  readonly #waitWords = make('span', 'words');
  readonly #waitTime = make('span', 'time');
  readonly #state = make('span', 'state');
  readonly #in = make('span', 'rate in');
  readonly #out = make('span', 'rate out');
  readonly #window = new Bar('window');
  readonly #queue = new Bar('queue');
  readonly #unread = new Bar('unread');
  #key = -1;

  constructor() {
    this.#wait.append(this.#waitWords, this.#waitTime);
    const cells = [
      make('span', 'channel', this.#name, this.#number),
      this.#wait,
      this.#state,
      this.#in,
      this.#out,
      make('span', 'spark'), // drawn above all rows
      this.#window.element,
      this.#queue.element,
      this.#unread.element,
    ];
    cells.forEach((cell) => {
      cell.setAttribute('role', 'gridcell');
    });
    this.element = make('div', 'row', ...cells);
    this.element.setAttribute('role', 'row');
  }

  /** The channel that it shows; -1 where it shows none. */
  get key(): number {
    return this.#key;
  }

  hide(): void {
    this.#key = -1;
    this.element.hidden = true;
  }

  /** @param at - its place among all rows */
  show(row: Row, at: number, isSelected: boolean, withMux: boolean): void {
    const { element } = this;
    element.hidden = false;
    this.#key = row.key;
    element.id = `row-${row.key}`;
    element.style.transform = `translateY(${at}00%)`;
    element.setAttribute('aria-rowindex', `${at + 2}`);
    element.setAttribute('aria-selected', `${isSelected}`);
    putText(this.#name, row.label === '' ? `channel ${row.id}` : row.label);
    const number = row.label === '' ? '' : `#${row.id}`;
    putText(this.#number, withMux ? `${number} · ${row.muxName}` : number);
    this.#showWait(row);
    putText(this.#state, stateText(row));
    putText(this.#in, rateText(row.rateIn));
    putText(this.#out, rateText(row.rateOut));
    this.#window.show(row.window, row.window === 0 ? '' : `${Math.round(100 * row.window)} %`);
    this.#queue.show(row.queue, row.queued === 0 ? '' : bytesText(row.queued));
    this.#unread.show(row.unread, row.unreadBytes === 0 ? '' : bytesText(row.unreadBytes));
  }

  #showWait({ wait, states }: Row): void {
    const kind = wait === undefined ? '' : isStuck(wait) ? 'stuck' : wait.ms >= 250 ? 'slow' : 'brief';
    this.#wait.dataset['kind'] = kind;
    this.#wait.dataset['for'] = wait?.for ?? '';
    // What comes and goes within a moment would only flicker.
    const isSaid = wait !== undefined && kind !== 'brief';
    putText(this.#waitWords, isSaid ? waitWords(wait, states) : '');
    putText(this.#waitTime, isSaid ? timeText(wait.ms) : '');
  }
}

/** The states of a channel's halves in a few words; of what is usual nothing is said. */
function stateText({ states: { inbound, outbound, peerHandshake }, openedBy }: Row): string {
  if (openedBy === 'local' && (peerHandshake === 'awaited' || peerHandshake === 'delayed')) {
    return 'opening';
  }
  const parts = [
    ...(inbound === 'flowing' ? [] : [`in ${inbound}`]),
    ...(outbound === 'open' ? [] : [`out ${outbound}`]),
  ];
  return parts.length === 0 ? 'open' : parts.join(', ');
}
