// What every spec imports: `test` with a running server and a drawer of tablets, and `expect`.
// Servers are shared by the tests of one file; tablets are each test's own.

import { test as base, expect } from '@playwright/test';
import { Device } from './device.ts';
import { Server } from './server.ts';

type Tablets = (name: string, options?: Parameters<typeof Device.open>[2]) => Promise<Device>;

export const test = base.extend<{ tablet: Tablets; quiet: void }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.close();
    },
    { scope: 'worker' },
  ],

  /** `await tablet('front desk')` gives a new profile with the app open; all are closed after the test. */
  tablet: async ({ server }, use, info) => {
    const drawer: Device[] = [];
    await use(async (name, options) => {
      const device = await Device.open(name, server.url, options);
      drawer.push(device);
      return device;
    });
    for (const device of drawer) {
      if (info.status !== info.expectedStatus) await info.attach(`${device.name} console`, { body: device.console.join('\n') });
      await device.close();
    }
  },
});

export { Device, expect, Server };
