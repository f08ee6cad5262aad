import { ControlQueue } from '../../src/sender/control-queue.js';
import type { MessageWriter } from '../../src/framing/message-writer.js';
import type { ControlSource } from '../../src/sender/source.js';

/** Takes one message for each that there is room for. */
class Room {
  readonly written: string[] = [];

  constructor(public room: number) {}
}

class Named implements ControlSource {
  isControlDue = false;
  onWrite: () => void = () => undefined;

  constructor(
    private readonly name: string,
    private readonly to: Room,
  ) {}

  writeControl(): void {
    this.to.written.push(this.name);
    this.to.room -= 1;
    this.onWrite();
  }
}

function start(room = Infinity): {
  queue: ControlQueue;
  to: Room;
  sources: [Named, Named, Named];
  write: () => string[];
} {
  const queue = new ControlQueue();
  const to = new Room(room);
  const write = (): string[] => {
    queue.write(to as unknown as MessageWriter);
    return to.written.splice(0);
  };
  return { queue, to, sources: [new Named('a', to), new Named('b', to), new Named('c', to)], write };
}

describe('ControlQueue', () => {
  it('has each write once, in the order in which they asked first', () => {
    const { queue, sources, write } = start();
    const [a, b, c] = sources;
    [b, a, b, c, a].forEach((source) => {
      queue.add(source);
    });
    expect(queue.isEmpty).toBe(false);
    expect(write()).toEqual(['b', 'a', 'c']);
    expect(queue.isEmpty).toBe(true);
    expect(write()).toEqual([]);
    queue.add(a);
    expect(write()).toEqual(['a']);
  });

  it('keeps the places of those for whom there is no room', () => {
    const { queue, to, sources, write } = start(2);
    const [a, b, c] = sources;
    sources.forEach((source) => {
      queue.add(source);
    });
    expect(write()).toEqual(['a', 'b']);
    queue.add(b);
    queue.add(a);
    expect(write()).toEqual([]);
    to.room = 2;
    expect(write()).toEqual(['c', 'b']);
    queue.add(c);
    to.room = 2;
    expect(write()).toEqual(['a', 'c']);
  });

  it('passes over who is deleted, and has it write where it asks again', () => {
    const { queue, sources, write } = start();
    const [a, b] = sources;
    queue.add(a);
    queue.add(b);
    queue.delete(a);
    expect(write()).toEqual(['b']);
    queue.add(a);
    queue.delete(a);
    queue.add(a);
    expect(write()).toEqual(['a']);
  });

  it('has those write, too, who ask while others do, be it the one who does', () => {
    const { queue, sources, write } = start();
    const [a, b] = sources;
    let times = 0;
    a.onWrite = () => {
      times += 1;
      if (times < 3) {
        queue.add(a);
        queue.add(b);
      }
    };
    queue.add(a);
    expect(write()).toEqual(['a', 'a', 'b', 'a']);
  });

  it('has nobody write who was there when it was cleared, unless they ask again', () => {
    const { queue, sources, write } = start();
    queue.add(sources[0]);
    queue.clear();
    expect(queue.isEmpty).toBe(true);
    expect(write()).toEqual([]);
    queue.add(sources[0]);
    expect(write()).toEqual(['a']);
  });
});
