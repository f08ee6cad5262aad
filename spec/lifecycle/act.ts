import { ChannelError } from '../../src/index.js';
import type { ChannelUser } from './channel-user.js';
import type { Operation } from './operations.js';

/** What can be asked of a user. */
export type Act = Exclude<Extract<Operation, { readonly which: number }>, { readonly op: 'grab' }>;

/** Has the user of a channel do something. */
export function act(user: ChannelUser, operation: Act): void {
  switch (operation.op) {
    case 'write':
      user.write(operation.size);
      break;
    case 'complete':
      user.end();
      break;
    case 'error':
      user.failOutbound();
      break;
    case 'pause':
      user.pause();
      break;
    case 'read inbound':
      user.read('inbound');
      break;
    case 'read deliveries':
      user.read('deliveries');
      break;
    case 'ack':
      user.acknowledge();
      break;
    case 'cancel':
      user.cancel();
      break;
    case 'destroy':
      user.destroy();
      break;
    case 'destroy with error':
      user.destroy(new Error('given to destroy'));
      break;
    case 'destroy with reason':
      user.destroy(new ChannelError('DESTROYED', `by ${user.name}`));
      break;
    case 'error with reason':
      user.failOutbound(new ChannelError('FAILED', `by ${user.name}`));
      break;
    case 'leave a loop':
      user.loop();
      break;
    case 'accept':
    case 'reject':
    case 'reject with reason':
      answer(user, operation.op);
      break;
  }
}

function answer(user: ChannelUser, how: 'accept' | 'reject' | 'reject with reason'): void {
  const { answer } = user;
  user.answer = undefined;
  if (answer === undefined) {
    return;
  }
  if (how === 'accept') {
    answer(user.name);
  } else {
    user.reject(how === 'reject with reason');
  }
}
