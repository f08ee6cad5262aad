import { distinctUntilChanged, map, timer } from 'rxjs';
import type { Mux } from 'rxmux';
import { serve } from 'rxmux/remote';
import type { Child } from '../child.js';
import type { Control, Part } from './control.js';

/** ms between two looks at the processes. */
const LOOK = 200;

const partOf = (child: Child): Part => ({
  name: child.name,
  pid: child.pid,
  isRunning: child.status === null,
  sessions: child.count('session: '),
});

/** Tells the page of the processes, and kills them when it says so. */
export function serveControl(mux: Mux, children: readonly Child[], gateways: readonly string[]): void {
  serve<Control>(mux, {
    gateways: () => Promise.resolve([...gateways]),
    parts: () =>
      timer(0, LOOK).pipe(
        map(() => children.map(partOf)),
        distinctUntilChanged((one, other) => JSON.stringify(one) === JSON.stringify(other)),
      ),
    kill: async (name) => {
      await children.find((child) => child.name === name)?.end('SIGKILL');
    },
  });
}
