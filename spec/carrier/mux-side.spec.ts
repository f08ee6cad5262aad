import { MuxSide } from '../../src/carrier/mux-side.js';
import { MessageType } from '../../src/protocol/message.js';
import { listen } from '../support/listen.js';
import { WireReader } from '../support/wire.js';

describe('MuxSide', () => {
  it('gives what was told before an error ahead of it, also in the same turn, and nothing after it', () => {
    const side = new MuxSide(100, () => undefined);
    const heard = listen(side.inbound$);
    side.tell({ type: MessageType.keepAlive });
    const error = new Error('broken');
    side.fail(error);
    side.tell({ type: MessageType.keepAlive });
    expect(heard.pop()).toBe(error);
    const wire = new WireReader();
    expect(heard.flatMap((chunk) => wire.read(chunk as Uint8Array))).toEqual(['KEEP_ALIVE']);
  });
});
