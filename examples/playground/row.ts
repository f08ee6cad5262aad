import { drawSparkline } from './sparkline.js';
import type { Stream } from './streams.js';
import { inBytes, inTime } from './units.js';

const PRIORITIES = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** What a channel is waiting for, in words, and a name for its colour. */
function stateOf({ isPaused, over, channel, kind }: Stream): readonly [state: string, words: string] {
  if (over !== undefined) {
    return ['over', over];
  }
  if (isPaused && channel.sendWindow$.value === 0) {
    return ['paused', 'nobody reads: its window is full'];
  }
  if (isPaused) {
    return ['paused', 'nobody reads; there is room in its window'];
  }
  if (kind === 'bulk' && channel.sendWindow$.value === 0) {
    return ['flows', 'flows; a window is under way'];
  }
  return ['flows', kind === 'bulk' ? 'flows' : 'asks five times a second'];
}

/** The row of the table that shows one channel. */
export class Row {
  readonly element = document.createElement('tr');
  readonly #stream: Stream;
  readonly #now: HTMLTableCellElement;
  readonly #history = document.createElement('canvas');
  readonly #inUse = document.createElement('i');
  readonly #state: HTMLTableCellElement;
  readonly #pause = document.createElement('button');
  /** Bytes in a second, or ms, at each drawing. */
  readonly #values: number[] = [];
  #takenBefore = 0;
  #largestWindow = 1;

  /** @param onRemove - the stream is over, and nobody wants to see it any more */
  constructor(stream: Stream, onRemove: () => void) {
    this.#stream = stream;
    const { element } = this;
    element.insertCell().textContent = stream.name;
    this.#now = element.insertCell();
    this.#now.className = 'number';
    element.insertCell().append(this.#history);
    const bar = document.createElement('div');
    bar.className = 'bar';
    bar.append(this.#inUse);
    element.insertCell().append(bar);
    this.#state = element.insertCell();
    this.#state.className = 'state';
    element.insertCell().append(this.#priority());
    const stop = document.createElement('button');
    stop.textContent = 'Stop';
    stop.addEventListener('click', () => {
      if (stream.over === undefined) {
        stream.stop();
        stop.textContent = 'Remove';
      } else {
        onRemove();
      }
    });
    this.#pause.addEventListener('click', () => {
      if (stream.isPaused) {
        stream.resume();
      } else {
        stream.pause();
      }
    });
    element.insertCell().append(this.#pause, ' ', stop);
  }

  /** @param seconds - since it was drawn last */
  draw(seconds: number): void {
    const { channel, kind, isPaused, over, roundTrips, taken } = this.#stream;
    const rate = (taken - this.#takenBefore) / seconds;
    this.#takenBefore = taken;
    const value = kind === 'bulk' ? rate : (roundTrips.at(-1) ?? 0);
    this.#values.push(value);
    this.#values.splice(0, this.#values.length - 100);
    this.#now.textContent = over !== undefined ? '–' : kind === 'bulk' ? `${inBytes(rate)}/s` : inTime(value);
    drawSparkline(this.#history, this.#values);
    const free = channel.sendWindow$.value;
    this.#largestWindow = Math.max(this.#largestWindow, free);
    this.#inUse.style.width = over === undefined ? `${100 * (1 - free / this.#largestWindow)}%` : '0';
    const [state, words] = stateOf(this.#stream);
    this.element.dataset['state'] = state;
    this.#state.textContent = words;
    this.#pause.textContent = isPaused ? 'Go on' : 'Pause';
    this.#pause.disabled = over !== undefined;
  }

  #priority(): HTMLSelectElement {
    const select = document.createElement('select');
    select.ariaLabel = `priority of ${this.#stream.name}`;
    for (const priority of PRIORITIES) {
      select.add(
        new Option(priority === 0 ? '0, first' : priority === 7 ? '7, last' : `${priority}`, `${priority}`),
      );
    }
    select.value = `${this.#stream.channel.priority}`;
    select.addEventListener('change', () => {
      this.#stream.channel.priority = Number(select.value);
    });
    return select;
  }
}
