// Browsers have no diagnostics channels: nobody listens, and what is published reaches nobody.
export const channel = () => ({ hasSubscribers: false, publish: () => undefined });
