import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Program } from './program.js';
import { TEST_TIMEOUT } from './run-example.js';

// Needs the examples to be built: `npm run build && npm run build:examples`.

const NOBODY = '127.0.0.1:1';

describe('the examples', () => {
  it.each<[path: string, args: readonly string[], says: string]>([
    ['primus/main.js', ['abc'], 'expected a port, 0 … 65535, got abc'],
    ['primus/main.js', ['65536'], 'expected a port, 0 … 65535, got 65536'],
    ['dashboard/main.js', ['80', '81'], 'expected a port, 0 … 65535, got 80 81'],
    [
      'port-forward/server.js',
      ['--listen', 'tcp://host:1'],
      'expected tls://, wss:// or ws://, got tcp://host:1',
    ],
    ['port-forward/server.js', ['--listen', 'ws://host:65536'], 'Invalid URL: ws://host:65536'],
    ['port-forward/client.js', ['--connect', 'host', '-L', '0:host:1'], 'Invalid URL: host'],
    [
      'gateway/service.js',
      ['--nats', NOBODY],
      `no connection to nats-server at ${NOBODY}: connection refused`,
    ],
    [
      'gateway/gateway.js',
      ['--nats', NOBODY],
      `no connection to nats-server at ${NOBODY}: connection refused`,
    ],
  ])(
    'say what is wrong with the arguments, without a stack: %s %j',
    async (path, args, says) => {
      const program = new Program(path, args);
      expect(await program.exit).toBe(1);
      expect(program.output).toBe(`${says}\n`);
    },
    TEST_TIMEOUT,
  );

  it.each([
    ['port-forward/main.js', 'extra'],
    ['gateway/service.js', '--port'],
    ['gateway/gateway.js', '--ports'],
  ])(
    'name an argument that they do not know: %s %s',
    async (path, arg) => {
      const program = new Program(path, [arg]);
      expect(await program.exit).toBe(1);
      expect(program.output).toMatch(new RegExp(`^Un\\w+ \\w+ '${arg}'.*\n$`));
    },
    TEST_TIMEOUT,
  );

  it.each(['primus/main.js', 'dashboard/main.js'])(
    'say that a port is in use: %s',
    async (path) => {
      const other = createServer();
      await once(other.listen(0, '127.0.0.1'), 'listening');
      const { port } = other.address() as AddressInfo;
      const program = new Program(path, [String(port)]);
      expect(await program.exit).toBe(1);
      expect(program.output).toBe(`listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`);
      other.close();
    },
    TEST_TIMEOUT,
  );
});
