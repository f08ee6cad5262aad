import { Mux } from 'rxmux';
import 'rxmux/inspector';
import { ResumableCarrier, ResumableSessions } from 'rxmux/resume';
import { Row } from './row.js';
import { SimulatedLine } from './simulated-line.js';
import { type Stream, Streams } from './streams.js';
import { inBytes } from './units.js';

/** Milliseconds between two pictures. */
const PICTURE = 200;
/** For how long nobody can connect after a cut, ms. */
const AWAY = 2000;
const LEAST_RATE = 10_000;
const GREATEST_RATE = 10_000_000;

function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`there is no #${id}`);
  }
  return element;
}

function slider(id: string): HTMLInputElement {
  const element = find(id);
  if (!(element instanceof HTMLInputElement)) {
    throw new Error(`#${id} is no input`);
  }
  return element;
}

const line = new SimulatedLine();
// The connection may be cut: its session goes on over the next one. `away` is a network that is not there for a while.
let away = Promise.resolve();
const sessions = new ResumableSessions();
const session = new ResumableCarrier(
  async () => {
    await away;
    const [near, far] = line.connect();
    sessions.accept(far);
    return near;
  },
  { retry: { delay: () => 100 } },
);
const near = new Mux(session);
const far = new Promise<Mux>((resolve) => {
  sessions.carriers$.subscribe((carrier) => {
    resolve(new Mux(carrier));
  });
});
const streams = new Streams(near, await far);

const rows = new Map<Stream, Row>();

function add(kind: Stream['kind'], priority: number): void {
  const stream = streams.open(kind, priority);
  const row = new Row(stream, () => {
    row.element.remove();
    rows.delete(stream);
    streams.remove(stream);
  });
  rows.set(stream, row);
  find('channels').append(row.element);
}

find('add-bulk').addEventListener('click', () => {
  add('bulk', 3);
});
find('add-question').addEventListener('click', () => {
  add('question', 3);
});
find('pause-all').addEventListener('click', () => {
  for (const stream of streams.all.filter(({ kind }) => kind === 'bulk')) {
    stream.pause();
  }
});

// The rate's slider goes by factors, not by steps.
const rate = slider('rate');
const delay = slider('delay');
const setLine = (): void => {
  line.rate = LEAST_RATE * (GREATEST_RATE / LEAST_RATE) ** (Number(rate.value) / 100);
  line.delay = Number(delay.value);
  find('rate-value').textContent = `${inBytes(line.rate)}/s`;
  find('delay-value').textContent = `${line.delay} ms`;
};
rate.value = '67';
delay.value = '30';
rate.addEventListener('input', setLine);
delay.addEventListener('input', setLine);
setLine();

let drawnAt = performance.now();
let deliveredBefore = 0;
setInterval(() => {
  const now = performance.now();
  const seconds = (now - drawnAt) / 1000;
  const through = (line.delivered - deliveredBefore) / seconds;
  drawnAt = now;
  deliveredBefore = line.delivered;
  find('throughput').textContent = `${inBytes(through)}/s`;
  find('use').textContent = `${Math.min(100, Math.round((100 * through) / line.rate))} %`;
  for (const row of rows.values()) {
    row.draw(seconds);
  }
}, PICTURE);

add('question', 3);
add('bulk', 3);
add('bulk', 3);
add('bulk', 3);

session.state$.subscribe((state) => {
  find('connection').textContent = state;
});
find('cut').addEventListener('click', () => {
  away = new Promise((resolve) => {
    setTimeout(resolve, AWAY);
  });
  line.cut();
});

find('inspector').append(
  Object.assign(document.createElement('rxmux-inspector'), { muxes: [near, await far] }),
);
