import type { Channel } from '../peer.js';

const QUESTION = Buffer.alloc(32, 'x');

/** Between two questions. */
const INTERVAL_MS = 20;

/** Asks for ever, whether there is an answer or not. Tells how long the answers took that have come since `restart`. */
export function ask({ near, far }: Channel): { restart(): void; milliseconds(): readonly number[] } {
  let times: number[] = [];
  const asked: number[] = [];
  onEach(far, () => {
    far.write(QUESTION);
  });
  onEach(near, () => {
    times.push(performance.now() - (asked.shift() ?? NaN));
  });
  setInterval(() => {
    asked.push(performance.now());
    near.write(QUESTION);
  }, INTERVAL_MS);
  return {
    restart: () => {
      times = [];
    },
    // Where no answer has come, the first question has waited at least so long.
    milliseconds: () => (times.length === 0 ? [performance.now() - (asked[0] ?? NaN)] : times),
  };
}

/** Calls `listener` for each question that has arrived as a whole. */
function onEach(end: Channel['near'], listener: () => void): void {
  let received = 0;
  end.onBytes((bytes) => {
    for (received += bytes; received >= QUESTION.length; received -= QUESTION.length) {
      listener();
    }
  });
}
