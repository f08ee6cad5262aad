import { Guard } from '../../src/inspect/guard.js';

const guard = new Guard('right', 'Build.example');

const allowed = (url: string | undefined, host?: string): string | undefined =>
  guard.allowed({ url, headers: { host } });

describe('the guard of the inspector', () => {
  it('gives the path behind the token', () => {
    expect(allowed('/right/', '127.0.0.1:80')).toBe('/');
    expect(allowed('/right/page.js?x=/', '127.0.0.1:80')).toBe('/page.js');
  });

  it.each([
    undefined,
    '',
    '/',
    '//',
    '/wrong/',
    '/right',
    '/rightly/',
    '/wrong/right/',
    '/?/right/',
    '/right?/',
    '*',
  ])('refuses the address %s', (url) => {
    expect(allowed(url, '127.0.0.1:80')).toBeUndefined();
  });

  it.each([
    '127.0.0.1',
    '127.0.0.1:9',
    'localhost:80',
    '[::1]:80',
    '192.168.1.4:80',
    'build.example:1',
    'LOCALHOST',
  ])('takes the host %s', (host) => {
    expect(allowed('/right/', host)).toBe('/');
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'x.localhost',
    'a b',
    'evil.example/@127.0.0.1',
    ':80',
  ])('refuses the host %s', (host) => {
    expect(allowed('/right/', host)).toBeUndefined();
  });

  it('takes a WebSocket of its own page only', () => {
    const isOwn = (origin?: string): boolean => guard.isOwnPage({ headers: { origin, host: '127.0.0.1:9' } });
    expect(isOwn('http://127.0.0.1:9')).toBe(true);
    expect(
      [undefined, 'null', '', 'http://127.0.0.1:8', 'http://localhost:9', 'http://evil.example'].map(isOwn),
    ).not.toContain(true);
  });
});
