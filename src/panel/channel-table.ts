import type { Picture, Row } from '../inspector/picture.js';
import type { Request, SortKey } from '../inspector/request.js';
import { ChannelRow } from './channel-row.js';
import type { Colours } from './colours.js';
import { make } from './make.js';
import { Sparklines } from './sparklines.js';

/** Pixels: the style has the same. */
const ROW_HEIGHT = 32;

/** Rows above and below what is seen, so that none is missing while one scrolls. */
const MARGIN = 3;

const COLUMNS: readonly (readonly [
  className: string,
  title: string,
  sort: SortKey | undefined,
  hint: string,
])[] = [
  ['channel', 'Channel', 'label', 'Label and number'],
  ['wait', 'Waits', 'waits', 'What keeps it from going on, and for how long'],
  ['state', 'State', undefined, 'States of its halves; “in paused”: nobody has subscribed'],
  ['rate', 'In', 'in', 'Bytes that come'],
  ['rate', 'Out', 'out', 'Bytes that leave'],
  ['spark', 'Traffic', undefined, 'Both rates, one beside the other'],
  ['bar', 'Window', 'window', 'How much of the peer’s window is used up: full means no credit'],
  ['bar', 'Queue', 'queue', 'What waits here to leave; half a bar is as much as the window takes'],
  [
    'bar',
    'Unread',
    'unread',
    'How much of this side’s window is taken up: full means that the peer must wait',
  ],
];

/** What the table tells of what is done with it. */
export interface TableEvents {
  ask(change: Partial<Request>): void;
  select(key: number): void;
  open(): void;
}

/** The channels as rows, of which only those are made that are seen. */
export class ChannelTable {
  readonly element: HTMLElement;
  readonly #sparks = new Sparklines(ROW_HEIGHT);
  readonly #space = make('div', 'space', this.#sparks.element);
  readonly #scroll = make('div', 'scroll', this.#space);
  readonly #empty = make('p', 'none');
  readonly #heads = new Map<SortKey, HTMLElement>();
  readonly #rows: ChannelRow[] = [];
  readonly #events: TableEvents;
  readonly #resize: ResizeObserver;
  /** What is shown. */
  #from = 0;
  #shown: readonly Row[] = [];
  #matching = 0;
  #selectedAt = -1;
  /** The place that is to be selected once its row is there. */
  #wanted: number | undefined;

  constructor(events: TableEvents) {
    this.#events = events;
    this.element = make('div', 'table', this.#head(), this.#scroll, this.#empty);
    this.element.tabIndex = 0;
    this.element.setAttribute('role', 'grid');
    this.element.setAttribute('aria-label', 'Channels');
    this.#scroll.addEventListener('scroll', () => {
      this.#askForSeen();
    });
    this.#space.addEventListener('click', ({ target }) => {
      const row = this.#rows.find(({ element }) => element.contains(target as Node));
      if (row !== undefined && row.key !== -1) {
        this.#events.select(row.key);
        this.#events.open();
      }
    });
    this.#resize = new ResizeObserver(() => {
      this.#askForSeen();
    });
    this.#resize.observe(this.#scroll);
  }

  destroy(): void {
    this.#resize.disconnect();
  }

  show(picture: Picture, request: Request, colours: Colours): void {
    this.#from = picture.from;
    this.#shown = picture.rows;
    this.#matching = picture.matching;
    this.#selectedAt = picture.detailAt;
    this.element.setAttribute('aria-rowcount', `${picture.matching + 1}`);
    this.#space.style.height = `${picture.matching * ROW_HEIGHT}px`;
    this.#showSort(request);
    this.#showRows(picture, request);
    this.#sparks.show(picture.rows, picture.from, colours);
    this.#showEmpty(picture, request);
    if (this.#wanted !== undefined) {
      this.#selectAt(this.#wanted);
    }
  }

  /** Whether it was a key for the table. */
  key(key: string): boolean {
    const page = Math.max(1, Math.floor(this.#scroll.clientHeight / ROW_HEIGHT) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[key];
    if (key === 'Enter') {
      this.#events.open();
      return true;
    }
    if (step === undefined) {
      return false;
    }
    const first = Math.ceil(this.#scroll.scrollTop / ROW_HEIGHT);
    const at = this.#wanted ?? this.#selectedAt;
    this.#selectAt(at === -1 ? (Number.isFinite(step) ? first : at + step) : at + step);
    return true;
  }

  #selectAt(place: number): void {
    if (this.#matching === 0) {
      return;
    }
    const at = Math.max(0, Math.min(place, this.#matching - 1));
    const top = at * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.#scroll;
    if (top < scrollTop) {
      this.#scroll.scrollTop = top;
    } else if (top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.#scroll.scrollTop = top + ROW_HEIGHT - clientHeight;
    }
    const row = this.#shown[at - this.#from];
    this.#wanted = row === undefined ? at : undefined;
    if (row === undefined) {
      this.#askForSeen();
    } else {
      this.#selectedAt = at;
      this.#events.select(row.key);
    }
  }

  #askForSeen(): void {
    const { scrollTop, clientHeight } = this.#scroll;
    const from = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - MARGIN);
    this.#events.ask({ from, count: Math.ceil(clientHeight / ROW_HEIGHT) + 2 * MARGIN });
  }

  #showRows({ rows, from, muxCount }: Picture, { detail, mux }: Request): void {
    while (this.#rows.length < rows.length) {
      const row = new ChannelRow();
      this.#rows.push(row);
      this.#sparks.element.before(row.element);
    }
    const withMux = muxCount > 1 && mux === undefined;
    this.#rows.forEach((element, index) => {
      const row = rows[index];
      if (row === undefined) {
        element.hide();
      } else {
        element.show(row, from + index, row.key === detail, withMux);
      }
    });
    const isSeen = detail !== undefined && rows.some(({ key }) => key === detail);
    this.element.setAttribute('aria-activedescendant', isSeen ? `row-${detail}` : '');
  }

  #showEmpty({ matching, channels, muxCount }: Picture, { filter }: Request): void {
    this.#empty.hidden = matching > 0;
    if (matching === 0) {
      this.#empty.textContent =
        channels > 0
          ? `None of ${channels} channels has “${filter}”.`
          : muxCount === 0
            ? 'There is no mux yet.'
            : 'No channel is open.';
    }
  }

  #head(): HTMLElement {
    const cells = COLUMNS.map(([className, title, sort, hint]) => {
      const cell = make(sort === undefined ? 'span' : 'button', className, title);
      cell.title = hint;
      cell.setAttribute('role', 'columnheader');
      if (sort !== undefined) {
        this.#heads.set(sort, cell);
      }
      return cell;
    });
    const head = make('div', 'head', ...cells);
    head.setAttribute('role', 'row');
    return head;
  }

  /** To be told by whoever knows what is asked for now. */
  onSort(request: () => Request): void {
    for (const [sort, cell] of this.#heads) {
      cell.addEventListener('click', () => {
        const now = request();
        // Names from A on, figures from the largest on; once more turns it round.
        const descending = now.sort === sort ? !now.descending : sort !== 'label';
        this.#scroll.scrollTop = 0;
        this.#events.ask({ sort, descending, from: 0 });
      });
    }
  }

  #showSort({ sort, descending }: Request): void {
    for (const [key, cell] of this.#heads) {
      const order = key !== sort ? 'none' : descending ? 'descending' : 'ascending';
      if (cell.getAttribute('aria-sort') !== order) {
        cell.setAttribute('aria-sort', order);
      }
    }
  }
}
