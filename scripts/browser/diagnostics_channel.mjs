// Browsers have no diagnostics channels: nobody listens, so that nothing is ever published.
export const channel = () => ({ hasSubscribers: false });
