import { BehaviorSubject, combineLatest, fromEvent, map, type Observable, startWith } from 'rxjs';
import type { Picture } from '../inspector/picture.js';
import { FIRST_REQUEST, type Request } from '../inspector/request.js';
import { ChannelDetail } from './channel-detail.js';
import { ChannelTable } from './channel-table.js';
import { type Colours, coloursOf } from './colours.js';
import { Errors } from './errors.js';
import { make } from './make.js';
import { MuxCards } from './mux-cards.js';
import { putText } from './put-text.js';
import { STYLE } from './style.js';

/** How often pictures can be had: ms and what stands for it. */
const INTERVALS = [
  [100, '10 a second'],
  [250, '4 a second'],
  [1000, '1 a second'],
  [5000, '1 in 5 seconds'],
] as const;

/** What is seen of the inspector, whoever makes its pictures. */
export class View {
  readonly #request$ = new BehaviorSubject<Request>(FIRST_REQUEST);
  /** What is to be in the pictures. While the page is not seen there need be none. */
  readonly request$: Observable<Request> = combineLatest([
    this.#request$,
    fromEvent(document, 'visibilitychange').pipe(
      startWith(undefined),
      map(() => document.visibilityState === 'visible'),
    ),
  ]).pipe(map(([request, isSeen]) => (isSeen ? request : { ...request, paused: true })));
  readonly #root: ShadowRoot;
  readonly #summary = make('p', 'summary');
  readonly #filter = make('input', 'filter');
  readonly #interval = make('select', 'interval');
  readonly #pause = make('button', 'pause');
  readonly #status = make('p', 'status');
  readonly #cards = new MuxCards((mux) => {
    this.#ask({ mux: this.#request$.value.mux === mux ? undefined : mux, from: 0 });
  });
  readonly #table = new ChannelTable({
    ask: (change) => {
      this.#ask(change);
    },
    select: (detail) => {
      this.#ask({ detail });
    },
    open: () => {
      this.#openDetail();
    },
  });
  readonly #detail = new ChannelDetail(() => {
    this.#closeDetail();
  });
  readonly #errors = new Errors();
  readonly #main = make('div', 'inspector');
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  #colours: Colours | undefined;
  /** The newest picture, and whether it is to be drawn. */
  #picture: Picture | undefined;
  #isDue = false;

  constructor(root: ShadowRoot) {
    this.#root = root;
    const { CSSStyleSheet } = root.ownerDocument.defaultView ?? globalThis; // a document takes those of its own window only
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    this.#main.append(
      this.#bar(),
      this.#status,
      this.#cards.element,
      make('div', 'middle', this.#table.element, this.#detail.element),
      make('footer', 'foot', this.#errors.element, keys()),
    );
    this.#status.hidden = true;
    root.replaceChildren(this.#main);
    this.#table.onSort(() => this.#request$.value);
    this.#dark.addEventListener('change', this.#forgetColours);
  }

  show(picture: Picture): void {
    if (picture.errors !== undefined) {
      this.#errors.show(picture.errors);
    }
    this.#picture =
      this.#isDue && this.#picture?.detail !== undefined && picture.detail?.key === this.#picture.detail.key
        ? {
            ...picture,
            detail: {
              ...picture.detail,
              samples: [...this.#picture.detail.samples, ...picture.detail.samples],
            },
          }
        : picture;
    if (!this.#isDue) {
      this.#isDue = true;
      requestAnimationFrame(() => {
        this.#isDue = false;
        this.#draw();
      });
    }
  }

  /** Says how it is about the connection to what makes the pictures; `''`: all is well. */
  tell(status: string): void {
    this.#status.hidden = status === '';
    putText(this.#status, status);
  }

  /** A key that was pressed, wherever the focus is. Whether it meant something. */
  key({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    const focus = this.#root.activeElement;
    const isTyping = focus === this.#filter || focus === this.#interval;
    if (ctrlKey || metaKey || altKey) {
      return false;
    }
    if (key === 'Escape') {
      return this.#escape(focus);
    }
    if (focus === this.#filter && (key === 'ArrowDown' || key === 'Enter')) {
      this.#table.element.focus();
      return this.#table.key('ArrowDown');
    }
    if (isTyping) {
      return false;
    }
    if (key === '/') {
      this.#filter.focus();
      this.#filter.select();
      return true;
    }
    const isButton = focus instanceof HTMLButtonElement || focus?.tagName === 'SUMMARY';
    if (isButton && (key === ' ' || key === 'Enter')) {
      return false;
    }
    if (key === ' ') {
      this.#togglePause();
      return true;
    }
    return this.#table.key(key);
  }

  destroy(): void {
    this.#dark.removeEventListener('change', this.#forgetColours);
    this.#cards.destroy();
    this.#table.destroy();
    this.#detail.destroy();
    this.#request$.complete();
  }

  readonly #forgetColours = (): void => {
    this.#colours = undefined;
    this.#draw();
  };

  #ask(change: Partial<Request>): void {
    const now = this.#request$.value;
    const isNew = Object.entries(change).some(([name, value]) => now[name as keyof Request] !== value);
    if (isNew) {
      this.#request$.next({ ...now, ...change });
    }
  }

  #draw(): void {
    const picture = this.#picture;
    if (picture === undefined) {
      return;
    }
    this.#colours ??= coloursOf(this.#main);
    const colours = this.#colours;
    const { mux } = this.#request$.value;
    if (mux !== undefined && !picture.muxes.some(({ key }) => key === mux)) {
      this.#ask({ mux: undefined, from: 0 }); // it has left, and its card with it
    }
    const request = this.#request$.value;
    this.#showSummary(picture, request);
    this.#cards.show(picture, request.mux, colours);
    this.#table.show(picture, request, colours);
    if (!this.#detail.element.hidden && picture.detail !== undefined) {
      this.#detail.show(picture.detail, picture.at, colours);
    }
  }

  #showSummary({ channels, stuck, matching }: Picture, { filter, mux }: Request): void {
    const all = `${channels.toLocaleString('en')} ${channels === 1 ? 'channel' : 'channels'}`;
    const isPart = filter !== '' || mux !== undefined;
    const text = `${all}${isPart ? `, ${matching.toLocaleString('en')} shown` : ''}`;
    const waiting = stuck === 0 ? 'none stuck' : `${stuck.toLocaleString('en')} stuck`;
    const shown = `${text}\n${waiting}`;
    if (this.#summary.dataset['shown'] !== shown) {
      this.#summary.dataset['shown'] = shown;
      this.#summary.replaceChildren(
        make('span', '', text),
        make('span', stuck === 0 ? 'good' : 'bad', waiting),
      );
    }
  }

  #openDetail(): void {
    if (this.#request$.value.detail === undefined) {
      return;
    }
    this.#detail.element.hidden = false;
    this.#main.classList.add('with-detail');
    this.#draw();
  }

  #closeDetail(): void {
    this.#detail.element.hidden = true;
    this.#main.classList.remove('with-detail');
    this.#table.element.focus();
  }

  #escape(focus: Element | null): boolean {
    if (focus === this.#filter) {
      this.#filter.value = '';
      this.#ask({ filter: '', from: 0 });
      this.#table.element.focus();
    } else if (this.#detail.element.hidden) {
      return false;
    } else {
      this.#closeDetail();
    }
    return true;
  }

  #togglePause(): void {
    const paused = !this.#request$.value.paused;
    this.#main.classList.toggle('paused', paused);
    this.#pause.setAttribute('aria-pressed', `${paused}`);
    putText(this.#pause, paused ? 'Go on' : 'Pause');
    this.#ask({ paused });
  }

  #bar(): HTMLElement {
    this.#filter.type = 'search';
    this.#filter.placeholder = 'Filter: a name, #number, stuck, credit …';
    this.#filter.setAttribute('aria-label', 'Filter');
    this.#filter.title = 'Words that a channel must have  ( / )';
    this.#filter.addEventListener('input', () => {
      this.#ask({ filter: this.#filter.value, from: 0 });
    });
    for (const [ms, words] of INTERVALS) {
      this.#interval.append(
        new Option(words, `${ms}`, ms === FIRST_REQUEST.interval, ms === FIRST_REQUEST.interval),
      );
    }
    this.#interval.setAttribute('aria-label', 'Pictures');
    this.#interval.addEventListener('change', () => {
      this.#ask({ interval: Number(this.#interval.value) });
    });
    this.#pause.type = 'button';
    this.#pause.textContent = 'Pause';
    this.#pause.title = 'Keeps the picture as it is  ( space )';
    this.#pause.setAttribute('aria-pressed', 'false');
    this.#pause.addEventListener('click', () => {
      this.#togglePause();
    });
    return make(
      'header',
      '',
      make('h1', '', 'rxmux ', make('span', '', 'inspector')),
      this.#summary,
      this.#filter,
      this.#interval,
      this.#pause,
    );
  }
}

/** What keys do. */
function keys(): HTMLElement {
  const words = [
    ['↑ ↓', 'choose'],
    ['Enter', 'detail'],
    ['/', 'filter'],
    ['space', 'pause'],
  ] as const;
  return make('p', 'keys', ...words.map(([key, word]) => make('span', '', make('kbd', '', key), ` ${word}`)));
}
