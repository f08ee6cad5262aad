import { type Browser, chromium } from 'playwright-core';

/** Starts Chromium: that of the environment variable CHROMIUM, or the system's. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', // there is none for root, nor in many containers; nothing foreign is loaded
      '--disable-features=WebRtcHideLocalIpsWithMdns', // data channels need an address that can be reached
    ],
  });
