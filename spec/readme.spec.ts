import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { filter, firstValueFrom, lastValueFrom, reduce, take, VirtualTimeScheduler } from 'rxjs';
import * as errors from '../src/errors.js';
import { type Channel, Mux } from '../src/index.js';
import { channelSettings, muxSettings } from '../src/options.js';
import { decodeHeader } from '../src/protocol/codec.js';
import { type Message, MessageType } from '../src/protocol/message.js';
import { compile, type Compiled, type Example } from './support/examples.js';
import { blocks } from './support/markdown.js';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sourceFiles = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => join('src', path))
  .sort();

interface Package {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const project = JSON.parse(read('package.json')) as Package;
const readme = read('README.md');
const protocolPage = read('docs/protocol.md');

interface Program extends Example {
  /** What the text says that it prints: the block after it. */
  readonly output: string | undefined;
}

const programs = blocks(readme).flatMap((block, index, all): Program[] => {
  if (!['ts', 'js'].includes(block.language)) {
    return [];
  }
  const next = all[index + 1];
  return [
    {
      place: `README.md:${block.line}`,
      file: `readme-${block.line}.${block.language}`,
      code: block.code,
      output: next?.language === 'text' ? next.code : undefined,
    },
  ];
});

const tsdocExamples = sourceFiles.flatMap((path) =>
  [...read(path).matchAll(/^ *\/\*\*[^]*?\*\//gm)].flatMap(([comment]) => {
    const [, ...parts] = comment.replace(/^ *(\/\*\*| \*\/| \* ?)/gm, '').split('@example');
    return parts.map((part, index): Example => {
      const name = path.replaceAll(/\W+/g, '-');
      // The first line of the comment tells one of a file's examples from another.
      const about = /\w[^.\n]*/.exec(comment.slice(3))?.[0] ?? '';
      const code = blocks(part).find(({ language }) => language === 'ts')?.code ?? '';
      return { place: `${path}: ${about}`, file: `${name}-${comment.length}-${index}.ts`, code };
    });
  }),
);

const run = promisify(execFile);

let compiled: Compiled;

beforeAll(async () => {
  compiled = await compile([...programs, ...tsdocExamples]);
}, 60_000);

afterAll(() => compiled.remove());

describe('the code blocks of README.md', () => {
  it.each(programs)('$place compiles under strict', (program) => {
    expect(compiled.diagnosticsOf(program)).toEqual([]);
  });

  it.each(programs)(
    '$place is a program that ends by itself and prints what the block after it says',
    async ({ file, output }) => {
      const program = join(compiled.folder, 'out', file.replace(/\.ts$/, '.js'));
      const printed = await run(process.execPath, ['--throw-deprecation', program], { timeout: 20_000 });
      expect(printed).toEqual({ stdout: output, stderr: '' });
    },
    30_000,
  );

  it('names only commands that there are', () => {
    const commands = blocks(readme)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.split(/&&|\n/))
      .map((command) => command.replace(/#.*/, '').trim())
      .filter((command) => command !== '');
    const known = [
      'npm ci',
      `npm install ${[project.name, ...Object.keys(project.peerDependencies)].join(' ')}`,
      ...Object.keys(project.scripts).flatMap((name) =>
        ['start', 'test'].includes(name) ? [`npm ${name}`] : [`npm run ${name}`],
      ),
    ];
    expect(commands).toEqual(expect.arrayContaining(['npm ci', 'npm start', 'npm test']));
    expect(commands.filter((command) => !known.includes(command))).toEqual([]);
  });
});

describe('the @example blocks of the sources', () => {
  it.each(tsdocExamples)('compiles under strict: $place', (example) => {
    expect(example.code).not.toBe('');
    expect(compiled.diagnosticsOf(example)).toEqual([]);
  });
});

describe('the tables of README.md', () => {
  /** The first cells of the rows under a heading that stand in backquotes, each with the second cell. */
  const rows = (heading: string): Map<string, string> => {
    const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
    return new Map(
      [...section.matchAll(/^\| `([^`]+)` *\| *(.*?) *\|/gm)].map(([, name = '', cell = '']) => [name, cell]),
    );
  };
  /** The names in a table, without arguments; one cell may hold several. */
  const names = (heading: string): string[] => {
    const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
    return [...section.matchAll(/^\| (`.*?) *\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`(]+)[^`]*`/g)].map(([, name = '']) => name),
    );
  };
  const membersOf = (path: string, interfaceName: string): string[] => {
    const [, body = ''] =
      new RegExp(`interface ${interfaceName}\\b[^{]*\\{([^]*?)^\\}`, 'm').exec(read(path)) ?? [];
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+\$?|\[Symbol\.asyncIterator\])[?(:]/gm)].map(
      ([, name = '']) => name,
    );
  };
  const shown = (value: unknown): string => (typeof value === 'function' ? '' : JSON.stringify(value));

  it('list every member of Mux', () => {
    const members = Object.getOwnPropertyNames(Mux.prototype).filter((name) => name !== 'constructor');
    expect(names('`Mux`').sort()).toEqual(members.sort());
  });

  it('list every member of Channel', () => {
    expect(names('`Channel`').sort()).toEqual(membersOf('src/channel/channel.ts', 'Channel').sort());
  });

  it.each([
    ['MuxOptions', muxSettings(undefined)],
    ['ChannelOptions', channelSettings(undefined)],
  ])('list every option of %s with its default', (name, settings) => {
    const table = rows(`\`${name}\``);
    expect([...table.keys()].sort()).toEqual(membersOf('src/options.ts', name).sort());
    for (const [option, value] of Object.entries<unknown>({ ...settings })) {
      const said = table.get(option)?.replaceAll(/[` ]/g, '');
      if (
        said !== undefined &&
        typeof value !== 'function' &&
        typeof value !== 'object' &&
        value !== undefined
      ) {
        expect([option, said]).toEqual([option, shown(value)]);
      }
    }
  });

  it('list every error', () => {
    expect(names('Errors').sort()).toEqual(Object.keys(errors).sort());
  });
});

describe('the links of the documentation', () => {
  it.each(['README.md', 'CHANGELOG.md', 'docs/protocol.md', 'docs/coming-from-bpmux.md'])(
    '%s points to files that there are',
    (page) => {
      const targets = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)|src="([^"]+)"/g)]
        .map(([, link, image]) => link ?? image ?? '')
        .filter((target) => !/^https?:/.test(target));
      expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
    },
  );
});

/** One end of a pair of streams that hand each other what they are given. */
class End extends Duplex {
  peer!: End;

  /** @param onWrite - sees what this end sends */
  constructor(private readonly onWrite: (bytes: Buffer) => void) {
    super();
  }

  override _read(): void {
    // Bytes are pushed as the peer writes them.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.onWrite(chunk);
    this.peer.push(chunk);
    callback();
  }

  override _final(callback: () => void): void {
    this.peer.push(null);
    callback();
  }
}

/** The bytes of one side, drawn frame by frame: who sends, the length, the fields, and what they mean. */
class Transcript {
  readonly #lines: string[] = [];
  readonly #rest = new Map<string, Buffer>();
  readonly #payloadDue = new Set<string>();

  add(who: string, bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest.get(who) ?? Buffer.alloc(0), bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      this.#lines.push(`${who}  ${this.#frame(who, rest.subarray(4, end))}`);
      rest = rest.subarray(end);
    }
    this.#rest.set(who, rest);
  }

  take(): string {
    return this.#lines.splice(0).join('\n') + '\n';
  }

  #frame(who: string, frame: Buffer): string {
    const hex = (start: number, end?: number): string => frame.toString('hex', start, end);
    const length = frame.length.toString(16).padStart(8, '0');
    const line = (fields: readonly string[], meaning: string): string =>
      [length, ...fields].join(' ').trim().padEnd(43) + meaning;
    if (this.#payloadDue.delete(who)) {
      return line([hex(0)], `payload "${frame.toString()}"`);
    }
    const message = decodeHeader(frame);
    if (message.type === MessageType.data) {
      this.#payloadDue.add(who);
    }
    return line([hex(0, 1), hex(1, 5), hex(5, 9), hex(9)], describeMessage(message, frame.length));
  }
}

function describeMessage(message: Message, length: number): string {
  switch (message.type) {
    case MessageType.keepAlive:
      return 'KEEP_ALIVE';
    case MessageType.end:
      return `END ${message.channel}`;
    case MessageType.errorEnd:
      return `ERROR_END ${message.channel}`;
    case MessageType.data:
      return `DATA ${message.channel}, seq ${message.seq}`;
    case MessageType.handshake:
      return `HANDSHAKE ${message.channel}, free ${message.free}, data "${Buffer.from(message.data).toString()}"`;
    default: {
      const name = { 2: 'STATUS', 3: 'FINISHED_STATUS', 5: 'PRE_HANDSHAKE' }[message.type];
      const seq = length === 13 ? `, seq ${message.seq}` : '';
      return `${name} ${message.channel}, free ${message.free}${seq}`;
    }
  }
}

/** Holds the conversation that the page shows, and returns its scenes as the page writes them. */
async function converse(): Promise<string[]> {
  const transcript = new Transcript();
  const [near, far] = ['A', 'B'].map(
    (who) =>
      new End((bytes) => {
        transcript.add(who, bytes);
      }),
  ) as [End, End];
  near.peer = far;
  far.peer = near;
  const scheduler = new VirtualTimeScheduler();
  scheduler.maxFrames = 30_000;
  const a = new Mux(near, { scheduler });
  const b = new Mux(far, { keepAlive: false, peerChannelOptions: { highWaterMark: 8 } });
  const scenes: string[] = [];

  /** A opens a channel. How B answers is told by `answer`, while `channels$` emits. */
  const open = async <T>(data: string, answer: (channel: Channel) => T): Promise<[Channel, Channel, T]> => {
    const arrival = new Promise<[Channel, T]>((resolve) => {
      b.channels$.pipe(take(1)).subscribe((channel) => {
        resolve([channel, answer(channel)]);
      });
    });
    const channel = a.open(data, { highWaterMark: 16 });
    return [channel, ...(await arrival)];
  };
  const total = ({ inbound$ }: Channel): Promise<number> =>
    lastValueFrom(inbound$.pipe(reduce((sum, chunk) => sum + chunk.length, 0)));
  const isGone = (channel: Channel): Promise<void> => firstValueFrom(channel.closed$);
  const credit = (channel: Channel, bytes: number): Promise<number> =>
    firstValueFrom(channel.sendWindow$.pipe(filter((value) => value === bytes)));

  {
    const [ours, theirs] = await open('hi', (channel) => {
      channel.accept('ok');
    });
    ours.outbound$.next('hello world');
    ours.outbound$.complete();
    void total(ours);
    await total(theirs);
    theirs.outbound$.next('goodbye!');
    await credit(theirs, 8);
    await credit(theirs, 16);
    theirs.outbound$.complete();
    await isGone(ours);
    scenes.push(transcript.take());
  }
  {
    const [ours, theirs, answer] = await open('wait', (channel) => channel.delayHandshake());
    ours.outbound$.next('impatient');
    ours.outbound$.complete();
    await total(theirs);
    answer('here');
    await firstValueFrom(ours.handshake$);
    theirs.outbound$.complete();
    await isGone(ours);
    scenes.push(transcript.take());
  }
  {
    const [ours] = await open('knock', (channel) => {
      channel.reject();
    });
    await isGone(ours).catch(() => undefined);
    scenes.push(transcript.take());
  }
  {
    const arrival = firstValueFrom(b.keepAlive$);
    scheduler.flush();
    await arrival;
    scenes.push(transcript.take());
  }
  await a.close();
  return scenes;
}

describe('docs/protocol.md', () => {
  it('shows what the code sends, byte for byte', async () => {
    const scenes = blocks(protocolPage)
      .filter(({ language }) => language === 'hex')
      .map(({ code }) => code);
    expect(scenes).toEqual(await converse());
  });

  it('gives every type its number', () => {
    const numbers = [...protocolPage.matchAll(/^\| (\d) +\| ([A-Z_]+) /gm)].map(([, type, name]) => [
      name,
      Number(type),
    ]);
    const expected = Object.entries(MessageType).map(([name, type]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
      type,
    ]);
    expect(Object.fromEntries(numbers)).toEqual(Object.fromEntries(expected));
  });
});
