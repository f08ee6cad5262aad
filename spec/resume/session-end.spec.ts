import { asyncScheduler } from 'rxjs';
import { SessionEnd } from '../../src/resume/session-end.js';

const ignore = (): void => undefined;

describe('SessionEnd', () => {
  it('keeps nothing of what it is given when it is over', () => {
    const end = new SessionEnd(
      { bufferSize: 1000, timeout: 1000, deadAfter: false, scheduler: asyncScheduler },
      { lost: ignore, completed: ignore, forgotten: ignore, over: ignore },
    );
    end.write([Buffer.alloc(10)]);
    expect(end.kept).toBe(10);
    end.destroy();
    end.write([Buffer.alloc(20)]);
    expect(end.kept).toBe(0);
  });
});
