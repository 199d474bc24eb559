// The yardsticks: what the machine's own data channel and WebSocket give.

import { test } from '../help/clinic.ts';
import { bareChannel, bareSocket } from '../help/bare.ts';
import { figure } from '../help/figure.ts';

test('bare transports', async ({ tablet }) => {
  const [one, other] = [await tablet('one'), await tablet('other')];
  figure('bare data channel', await bareChannel(one, other, 20), 'MB/s', '16 KiB frames, two browsers on one machine');
  figure('bare WebSocket', await bareSocket(one, other, 20), 'MB/s', '16 KiB frames through a plain Node server');
});
