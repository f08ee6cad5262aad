import { execFileSync, spawnSync } from 'node:child_process';

/** What comes before the command of a process that is to have a network of its own. */
export const OWN_NETWORK: readonly string[] = ['unshare', '--net', '--'];

/** The line's end, at both sides. */
const DEVICE = 'line';

/** Where the server is. */
export const SERVER = '10.0.0.1';
const CLIENT = '10.0.0.2';

/** Whether this machine lets processes have networks of their own, and lines between them: Linux, root, and iproute2. */
export const canMakeNetworks = (): boolean =>
  process.platform === 'linux' &&
  spawnSync('nsenter', ['--version']).status === 0 &&
  spawnSync('unshare', ['--net', 'ip', 'link', 'add', DEVICE, 'type', 'veth', 'peer', 'name', 'other'])
    .status === 0;

/**
 * A line between the networks of two processes. While it is cut, packets vanish: nobody hears of it, neither by a FIN nor by
 * a RST. It goes with the processes, and this process's own network knows nothing of it.
 */
export class NetworkLine {
  readonly #server: string;

  /** @param server - the number of the process at {@link SERVER} */
  constructor(server: number, client: number) {
    this.#server = `${server}`;
    const ends = ['type', 'veth', 'peer', 'name', DEVICE, 'netns', `${client}`];
    inNetworkOf(this.#server, 'link', 'add', DEVICE, ...ends);
    for (const [process, address] of [
      [this.#server, SERVER],
      [`${client}`, CLIENT],
    ] as const) {
      inNetworkOf(process, 'address', 'add', `${address}/24`, 'dev', DEVICE);
      inNetworkOf(process, 'link', 'set', DEVICE, 'up');
    }
  }

  cut(): void {
    inNetworkOf(this.#server, 'link', 'set', DEVICE, 'down');
  }

  mend(): void {
    inNetworkOf(this.#server, 'link', 'set', DEVICE, 'up');
  }
}

function inNetworkOf(process: string, ...command: readonly string[]): void {
  execFileSync('nsenter', [`--net=/proc/${process}/ns/net`, 'ip', ...command]);
}
