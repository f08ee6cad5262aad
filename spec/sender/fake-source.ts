import type { Carrier } from '../../src/index.js';
import type { MessageWriter } from '../../src/framing/message-writer.js';
import { MessageType } from '../../src/protocol/message.js';
import { Sender, type SenderOptions } from '../../src/sender/sender.js';
import type { ControlSource, Source } from '../../src/sender/source.js';
import { TestCarrier } from '../support/test-carrier.js';

/** A sender on a carrier whose far end is the test. */
export function start<C extends Carrier = TestCarrier>(
  options: Partial<SenderOptions> & { carrier?: C } = {},
): { carrier: C; sender: Sender } {
  const { carrier = new TestCarrier() as Carrier as C, ...settings } = options;
  return {
    carrier,
    sender: new Sender(carrier, { framing: { lengthSize: 4 }, coalesceWrites: true, ...settings }),
  };
}

/** Something that has an END to send, of 9 bytes, each time that it asks. */
export class ControlOnly implements ControlSource {
  isControlDue = false;
  /** How often it has been asked to write. */
  asked = 0;

  /** @param number - tells its messages from others' */
  constructor(readonly number: number) {}

  writeControl(writer: MessageWriter): void {
    this.asked += 1;
    writer.write({ type: MessageType.end, channel: this.number });
  }
}

/** Something that has bytes to send besides, and all the credit for them. */
export class WithBytes extends ControlOnly implements Source {
  readonly credit = Infinity;
  readonly frameLimit = Infinity;
  turn: Source['turn'];
  #sent = 0;

  constructor(
    number: number,
    public pending: number,
  ) {
    super(number);
  }

  writeData(bytes: number, writer: MessageWriter): void {
    this.pending -= bytes;
    this.#sent += bytes;
    writer.writeData(this.number, this.#sent, Buffer.alloc(bytes, 'x'));
  }
}
