interface Words {
  readonly code?: string;
  readonly message: string;
}

/** Why a stream has failed: what the gateway has said of it, or else what the client's own session was lost with. */
export function reason(error: unknown): string {
  const failure = error as Words & { readonly reason?: Words; readonly cause?: Words };
  const { code, message } = failure.reason ?? failure.cause ?? failure;
  return `${code ?? 'no code'}: ${message}`;
}
