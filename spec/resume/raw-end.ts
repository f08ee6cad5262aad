import type { Carrier } from '../../src/index.js';
import {
  type Begun,
  clientStatement,
  decodeBegun,
  decodeResumed,
  encodeBegin,
  encodeResume,
  type ResumeAnswer,
  type ResumeClaim,
} from '../../src/resume/handshake.js';
import { prove } from '../../src/resume/proof.js';
import { RecordType } from '../../src/resume/record.js';
import { RecordReader } from '../../src/resume/record-reader.js';
import { until } from './resumed.js';

/** One end of a connection, where the test says each record itself. */
export class RawEnd {
  /** What has come: types and bodies. */
  readonly heard: { readonly type: number; readonly body: Buffer }[] = [];
  isOver = false;
  readonly #carrier: Carrier;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
    const reader = new RecordReader();
    const over = (): void => {
      this.isOver = true;
    };
    carrier.inbound$.subscribe({
      next: (chunk) => {
        reader.push(Buffer.from(chunk));
        for (let one = reader.next(); one !== undefined; one = reader.next()) {
          this.heard.push({ type: one.type, body: Buffer.from(one.body) });
        }
      },
      error: over,
      complete: over,
    });
  }

  say(...records: readonly Uint8Array[]): void {
    this.#carrier.write(records);
  }

  end(): void {
    this.#carrier.destroy();
  }

  /** The body of the first record of that type, when it has come. */
  async hears(type: number): Promise<Buffer> {
    const find = () => this.heard.find((one) => one.type === type)?.body;
    await until(() => find() !== undefined || this.isOver);
    const body = find();
    if (body === undefined) {
      throw new Error(`it has ended before a record of type ${type} came`);
    }
    return body;
  }

  async begin(bufferSize = 1000): Promise<Begun> {
    this.say(encodeBegin(bufferSize));
    return decodeBegun(await this.hears(RecordType.begun));
  }

  /**
   * Says that it has the session, with the nonce that came with it; with the right proof, unless told. Returns what it has
   * said.
   */
  async resume(
    { id, secret, nonce: serverNonce }: Pick<Begun, 'id' | 'secret' | 'nonce'>,
    { generation = 1, position = 0 }: Partial<ResumeClaim> = {},
    proof?: Buffer,
  ): Promise<Buffer> {
    const claim = { serverNonce, id, generation, clientNonce: Buffer.alloc(16, 'n'), position };
    const said = encodeResume(claim, proof ?? (await prove(secret, clientStatement(claim))));
    this.say(said);
    return said;
  }

  /** What the server has answered, when it has. */
  async resumed(): Promise<ResumeAnswer> {
    return decodeResumed(await this.hears(RecordType.resumed)).answer;
  }
}
