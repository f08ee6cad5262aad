import type { Service } from './service.js';

/**
 * Runs a service until SIGINT or SIGTERM. What is open then has `grace` milliseconds to finish; a second signal ends it
 * at once.
 */
export async function closeOnSignal(
  service: Service,
  grace: number,
  log: (line: string) => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (): void => {
    if (timer !== undefined) {
      service.destroy();
      return;
    }
    timer = setTimeout(() => {
      service.destroy();
    }, grace);
    service.close();
    log('closing');
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    await service.closed;
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
