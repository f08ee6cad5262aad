import type { RawData, WebSocket } from 'ws';

/** Closes that came without a code, and without a close. */
const [NO_CODE, ABNORMAL] = [1005, 1006];

/** Passes on what `from` says, as fast as `to` takes it, and how it was closed. */
export function relay(from: WebSocket, to: WebSocket): void {
  from.on('message', (data: RawData, isBinary) => {
    from.pause();
    to.send(data as Buffer, { binary: isBinary }, () => {
      from.resume();
    });
  });
  from.on('close', (code) => {
    if (code === ABNORMAL) {
      to.terminate();
    } else if (code === NO_CODE) {
      to.close();
    } else {
      to.close(code);
    }
  });
}
