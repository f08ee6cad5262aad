import { PAGE_CODE } from './page-code.js';

/** What the server has. */
export interface File {
  readonly type: string;
  readonly text: string;
}

const HTML = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <meta name="color-scheme" content="light dark">
  <link rel="icon" href="data:,">
  <title>rxmux inspector</title>
  <script type="module" src="page.js"></script>
  <noscript>The inspector needs JavaScript.</noscript>
</html>
`;

/** By the path behind the token. */
export const FILES: ReadonlyMap<string, File> = new Map([
  ['/', { type: 'text/html; charset=utf-8', text: HTML }],
  ['/page.js', { type: 'text/javascript; charset=utf-8', text: PAGE_CODE }],
]);

/** What each answer says: nothing from elsewhere, in nobody's frame, kept by nobody, the address told to nobody. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};
