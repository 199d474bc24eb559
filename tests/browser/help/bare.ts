// What two browsers can do with nothing of ours in between: a bare data channel, a bare WebSocket.
// The app's own speed is told as a ratio to these, measured in the same run on the same machine.

import type { Page } from '@playwright/test';
import { createServer } from 'node:http';
import { WebSocket as Socket, WebSocketServer } from 'ws';
import type { Device } from './device.ts';

const FRAME = 16 * 1024;

/** A page outside the app, whose policy would forbid what follows. */
async function blank(device: Device): Promise<Page> {
  const page = await device.context.newPage();
  await page.goto('about:blank');
  return page;
}

/** MB/s from one tablet to the other over an ordered data channel, in frames as long as the app's. */
export async function bareChannel(from: Device, to: Device, megabytes: number): Promise<number> {
  const [sender, receiver] = [await blank(from), await blank(to)];
  const offer = await sender.evaluate(async () => {
    const peer = new RTCPeerConnection();
    const channel = peer.createDataChannel('bulk', { negotiated: true, id: 1 });
    Object.assign(window, { peer, channel });
    await peer.setLocalDescription();
    await new Promise<void>((done) => (peer.onicecandidate = (event) => event.candidate ?? done()));
    return peer.localDescription!.sdp;
  });
  const total = megabytes * 1_000_000;
  const answer = await receiver.evaluate(
    async ({ offer, total }) => {
      const peer = new RTCPeerConnection();
      const channel = peer.createDataChannel('bulk', { negotiated: true, id: 1 });
      channel.binaryType = 'arraybuffer';
      let got = 0;
      channel.onmessage = ({ data }) => {
        got += data.byteLength;
        if (got >= total) channel.send('all');
      };
      Object.assign(window, { peer });
      await peer.setRemoteDescription({ type: 'offer', sdp: offer });
      await peer.setLocalDescription();
      await new Promise<void>((done) => (peer.onicecandidate = (event) => event.candidate ?? done()));
      return peer.localDescription!.sdp;
    },
    { offer, total },
  );
  const ms = await sender.evaluate(
    async ({ answer, total, frame }) => {
      const { peer, channel } = window as unknown as { peer: RTCPeerConnection; channel: RTCDataChannel };
      await peer.setRemoteDescription({ type: 'answer', sdp: answer });
      if (channel.readyState !== 'open') await new Promise((open) => (channel.onopen = open));
      channel.bufferedAmountLowThreshold = 256 * 1024;
      const bytes = new Uint8Array(frame);
      const all = new Promise((done) => (channel.onmessage = done));
      const begun = performance.now();
      for (let sent = 0; sent < total; sent += frame) {
        if (channel.bufferedAmount > 1024 * 1024) await new Promise((low) => (channel.onbufferedamountlow = low));
        channel.send(bytes);
      }
      await all;
      return performance.now() - begun;
    },
    { answer, total, frame: FRAME },
  );
  await Promise.all([sender.close(), receiver.close()]);
  return total / 1000 / ms;
}

/** MB/s from one tablet to the other through a plain WebSocket server that only passes frames on. */
export async function bareSocket(from: Device, to: Device, megabytes: number): Promise<number> {
  // The page comes from the same server: browsers no longer let just any page reach this machine.
  const host = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html><title>bare</title>'));
  const server = new WebSocketServer({ server: host });
  server.on('connection', (socket) =>
    socket.on('message', (bytes, isBinary) => {
      for (const other of server.clients) if (other !== socket && other.readyState === Socket.OPEN) other.send(bytes, { binary: isBinary });
    }),
  );
  await new Promise<void>((listening) => host.listen(0, '127.0.0.1', listening));
  const { port } = host.address() as { port: number };
  const [sender, receiver] = [await from.context.newPage(), await to.context.newPage()];
  for (const page of [sender, receiver]) await page.goto(`http://127.0.0.1:${port}/`);
  const open = (page: Page) =>
    page.evaluate(async (port) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      socket.binaryType = 'arraybuffer';
      Object.assign(window, { socket });
      await new Promise((open, refused) => {
        socket.onopen = open;
        socket.onerror = () => refused(new Error('the bare WebSocket did not open'));
      });
    }, port);
  await Promise.all([open(sender), open(receiver)]);
  const total = megabytes * 1_000_000;
  await receiver.evaluate((total) => {
    const { socket } = window as unknown as { socket: WebSocket };
    let got = 0;
    socket.onmessage = ({ data }) => {
      got += data.byteLength;
      if (got >= total) socket.send('all');
    };
  }, total);
  const ms = await sender.evaluate(
    async ({ total, frame }) => {
      const { socket } = window as unknown as { socket: WebSocket };
      const bytes = new Uint8Array(frame);
      const all = new Promise((done) => (socket.onmessage = done));
      const begun = performance.now();
      for (let sent = 0; sent < total; sent += frame) {
        while (socket.bufferedAmount > 1024 * 1024) await new Promise((later) => setTimeout(later, 1));
        socket.send(bytes);
      }
      await all;
      return performance.now() - begun;
    },
    { total, frame: FRAME },
  );
  await Promise.all([sender.close(), receiver.close()]);
  for (const client of server.clients) client.terminate();
  server.close();
  host.close();
  return total / 1000 / ms;
}
