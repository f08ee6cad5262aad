import { connect, createServer } from 'node:net';

// Passes on all that comes to another port. After SIGUSR2 the connections that there are stay open and pass on nothing.
const [, , from, to] = process.argv;

let epoch = 0;
createServer({ noDelay: true }, (near) => {
  const mine = epoch;
  const far = connect({ port: Number(to), host: '127.0.0.1', noDelay: true });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => mine === epoch && other.destroy());
    one.on('data', (chunk) => {
      if (mine === epoch) {
        one.pause();
        other.write(chunk, () => one.resume());
      }
    });
  }
}).listen(Number(from), '127.0.0.1', () => {
  process.send?.({ state: 'ready' });
});
process.on('SIGUSR2', () => {
  epoch += 1;
});
