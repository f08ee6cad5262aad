import { ExtensionKind, type Extension } from '../../src/protocol/extension.js';
import { type Message, MessageType } from '../../src/protocol/message.js';

/** A message as docs/protocol/vectors.json has it: fields under their names on the page, bytes in hex. */
export type VectorMessage = Readonly<Record<string, unknown>> & { readonly type: string };

/** One frame, or a DATA message with its payload, which are two. */
export interface Vector {
  readonly from: 'A' | 'B';
  /** With the lengths of the frames. */
  readonly hex: string;
  readonly message: VectorMessage;
}

/** Frames that two sides say to each other, in order. */
export interface Conversation {
  readonly name: string;
  readonly frames: readonly Vector[];
}

/** What the page calls each type and kind. */
const NAMES = new Map<string, string>(
  [...Object.keys(MessageType), ...Object.keys(ExtensionKind)].map((name) => [
    name,
    name === 'goAway' ? 'GOAWAY' : name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
  ]),
);

/** Names that the vectors must have. */
export const ALL_NAMES: readonly string[] = [...NAMES.values()];

const nameOf = (type: number | string): string => {
  const key =
    typeof type === 'string' ? type : Object.entries(MessageType).find(([, value]) => value === type)?.[0];
  return NAMES.get(key ?? '') ?? `unknown ${type}`;
};

/** A message as the vectors have it. */
export function toVector(message: Message, payload?: Uint8Array): VectorMessage {
  const { type, ...fields } = message;
  const bytes =
    message.type === MessageType.handshake ? { data: Buffer.from(message.data).toString('hex') } : {};
  const reason = 'reason' in message ? { reason: message.reason ?? null } : {};
  const sent = payload === undefined ? {} : { payload: Buffer.from(payload).toString('hex') };
  return { type: nameOf(type), ...fields, ...bytes, ...reason, ...sent };
}

/** What {@link toVector} has been given. */
export function fromVector({ type: name, payload, ...fields }: VectorMessage): {
  readonly message: Message;
  readonly payload: Buffer | undefined;
} {
  const key = [...NAMES].find(([, value]) => value === name)?.[0] ?? '';
  const type = key in MessageType ? MessageType[key as keyof typeof MessageType] : (key as Extension['type']);
  const bytes = typeof fields['data'] === 'string' ? { data: Buffer.from(fields['data'], 'hex') } : {};
  const reason = 'reason' in fields ? { reason: fields['reason'] ?? undefined } : {};
  return {
    message: { type, ...fields, ...bytes, ...reason } as Message,
    payload: typeof payload === 'string' ? Buffer.from(payload, 'hex') : undefined,
  };
}
