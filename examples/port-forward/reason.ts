/** What went wrong, for people: an error's message, and that of the error behind it. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  // Where a name has several addresses and none answers, the message is empty.
  let message = error.message || ('code' in error ? String(error.code) : error.name);
  if ('input' in error) {
    message += `: ${String(error.input)}`; // what is no URL
  }
  return error.cause === undefined ? message : `${message}: ${reason(error.cause)}`;
}
