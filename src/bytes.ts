// Unknown to the compiler in programs without Node's types, which read these declarations too.
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- there is an error where they are missing only
/** @ts-ignore */
type NodeBuffer = import('node:buffer').Buffer;

/**
 * A chunk of bytes, as this package gives it: always a `Buffer`, in browsers too. To the compiler it is one where Node's types
 * (`@types/node`) are loaded, and a plain `Uint8Array` where they are not.
 */
export type Bytes = [NodeBuffer] extends [1] ? Uint8Array : NodeBuffer;

/** Bytes that are in no shared memory: `Uint8Array<ArrayBuffer>`, which TypeScript before 5.7 cannot read. */
export type UnsharedBytes = ReturnType<Uint8ArrayConstructor['of']>;
