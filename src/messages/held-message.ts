import type { MessageDelivery } from './messages.js';

/** A message that counts as consumed when it is acknowledged. Makes its `ack` when it is asked for. */
export class HeldMessage<In> implements MessageDelivery<In> {
  #isAcknowledged = false;

  /**
   * @param value - the message
   * @param size - its bytes
   * @param holder - holds it, and is told when it is acknowledged for the first time
   */
  constructor(
    readonly value: In,
    private readonly size: number,
    private readonly holder: { acknowledge(size: number): void },
  ) {}

  get ack(): () => void {
    return () => {
      if (!this.#isAcknowledged) {
        this.#isAcknowledged = true;
        this.holder.acknowledge(this.size);
      }
    };
  }
}
