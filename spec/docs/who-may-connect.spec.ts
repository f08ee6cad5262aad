import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { ModuleKind, transpileModule } from 'typescript';
import * as rxmux from '../../src/index.js';
import { blocks } from '../support/markdown.js';

const TLS = join(__dirname, '../support/tls');
const page = readFileSync(join(__dirname, '../../docs/who-may-connect.md'), 'utf8');

/** The server of the page, on any port, which waits less long for a client. */
function serverOfThePage(handshakeTimeout: number): tls.Server {
  const sketch = blocks(page).find(({ code }) => code.includes("from 'node:tls'"));
  const { outputText } = transpileModule(sketch?.code ?? '', {
    compilerOptions: { module: ModuleKind.CommonJS },
  });
  const made: tls.Server[] = [];
  const modules: Readonly<Record<string, unknown>> = {
    rxmux,
    'node:fs': {
      readFileSync: (name: string) =>
        readFileSync(join(TLS, name.includes('key') ? 'key.pem' : 'certificate.pem')),
    },
    'node:tls': {
      createServer: (options: tls.TlsOptions, welcome: (socket: tls.TLSSocket) => void) => {
        const server = tls.createServer({ ...options, handshakeTimeout }, welcome);
        made.push(server);
        return { on: server.on.bind(server), listen: () => server.listen(0, '127.0.0.1') };
      },
    },
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is this repository's own page
  const run = new Function('require', 'exports', outputText) as (...given: unknown[]) => void;
  run((name: string) => modules[name], {});
  const [server] = made;
  if (server === undefined) {
    throw new Error('it has made none');
  }
  return server;
}

describe('the server of docs/who-may-connect.md with client certificates', () => {
  it('cuts off who does not say anything', async () => {
    const said = jest.spyOn(console, 'error').mockImplementation();
    const server = serverOfThePage(50);
    await once(server, 'listening');
    const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'close');
    expect(said).toHaveBeenCalledWith('turned away:', 'TLS handshake timeout');
    server.close();
  });
});

it('the servers of docs/who-may-connect.md cut off whom they refuse, though that one does not end its side', () => {
  const refusals = page
    .split('\n')
    .flatMap((line, index, all) => (line.includes('HTTP/1.1 401') ? [all[index - 1]] : []));
  expect(refusals).toHaveLength(2);
  for (const line of refusals) {
    expect(line).toContain("socket.once('finish', () => socket.destroy());");
  }
});
