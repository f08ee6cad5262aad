import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Browser } from './browser.js';
import { launchWithPuppeteer } from './puppeteer-browser.js';
import { launchWithWebDriver } from './web-driver-browser.js';

/** The browsers that are tested, by name. The programs are those of environment variables, or Debian's. */
const BROWSERS = {
  chromium: () =>
    launchWithPuppeteer({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox', // there is none for root, nor in many containers; nothing foreign is loaded
        '--disable-features=WebRtcHideLocalIpsWithMdns', // data channels need an address that can be reached
      ],
    }),

  firefox: () =>
    launchWithPuppeteer({
      browser: 'firefox',
      executablePath: process.env['FIREFOX'] ?? '/usr/bin/firefox-esr',
      extraPrefsFirefox: {
        'media.peerconnection.ice.obfuscate_host_addresses': false,
        'media.peerconnection.ice.loopback': true,
      },
    }),

  webkit: async () => {
    const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1024x768x24'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exit = once(screen, 'exit');
    const [display] = (await once(screen.stdout, 'data')) as [Buffer];
    return launchWithWebDriver(
      {
        command: process.env['WEBKIT_WEB_DRIVER'] ?? '/usr/bin/WebKitWebDriver',
        environment: {
          DISPLAY: `:${display.toString().trim()}`,
          WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', // as with Chromium
          WEBKIT_DISABLE_COMPOSITING_MODE: '1', // there is no graphics card
        },
      },
      async () => {
        screen.kill();
        await exit;
      },
    );
  },
} satisfies Readonly<Record<string, () => Promise<Browser>>>;

/** Starts the browser that the environment variable BROWSER names, or Chromium. */
export function launchBrowser(): Promise<Browser> {
  const name = process.env['BROWSER'] ?? 'chromium';
  if (!(name in BROWSERS)) {
    throw new Error(`BROWSER must be one of ${Object.keys(BROWSERS).join(', ')}, got ${name}`);
  }
  return BROWSERS[name as keyof typeof BROWSERS]();
}
