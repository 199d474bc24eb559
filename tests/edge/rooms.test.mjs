// Rooms through the real runtime: who is let in, what passes, what ends a connection, and that others do not notice.

import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Device, close, frames, joined, makeRoom, request, serve, signature, sleep } from "./harness.mjs";

const KiB = 1024;
const MiB = 1024 * KiB;

let server;
before(async () => void (server = await serve()));
after(() => server.stop());

const open = (room, options) => new Device(server, room, options);
const enter = (room) => joined(server, room);

/** The device is told the code, then cut with it and its name. */
async function cut(device, code, name) {
  const refused = await device.until("refused");
  assert.equal(refused.code, code);
  const end = await device.closed;
  assert.equal(end.code, code);
  if (name) assert.equal(end.reason, name);
}

/** Two members still reach each other. */
async function untouched(a, b) {
  const bytes = crypto.randomBytes(500);
  a.send(frames.signal(b.slot, bytes));
  assert.deepEqual((await b.until("signal")).bytes, bytes);
}

const joinFrame = (room, challenge, host, kind = room.kind) =>
  frames.join(room.pk, signature(room, challenge, host, kind), kind === "c" ? 0 : 1);

test("the greeting names host and version, and every challenge is new", async () => {
  const room = makeRoom();
  const [a, b] = [await open(room).hello(), await open(room).hello()];
  assert.equal(a.host, server.host);
  assert.equal(a.protocol, 1);
  assert.equal(a.challenge.length, 32);
  assert.notDeepEqual(a.challenge, b.challenge);
});

test("members learn of each other, in order, and of departures however they happen", async () => {
  const room = makeRoom();
  const a = open(room);
  assert.deepEqual((await a.join()).peers, []);
  const b = open(room);
  assert.deepEqual((await b.join()).peers, [a.slot]);
  assert.equal((await a.until("joined")).slot, b.slot);
  const c = open(room);
  assert.deepEqual(
    (await c.join()).peers,
    [a.slot, b.slot].sort((x, y) => x - y),
  );
  await a.until("joined");
  b.socket.terminate();
  assert.equal((await a.until("gone")).slot, b.slot);
  c.send(frames.leave());
  await cut(c, close.left, "left");
  assert.equal((await a.until("gone")).slot, c.slot);
});

test("relayed and signalled bytes arrive unchanged, up to their limits", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  for (const size of [0, 1, 23, 24, 255, 256, 65_535, 65_536, 300_000, MiB]) {
    const bytes = crypto.randomBytes(size);
    a.send(frames.relay(b.slot, bytes));
    const got = await b.until("relay");
    assert.equal(got.from, a.slot);
    assert.ok(got.bytes.equals(bytes), `${size} bytes`);
  }
  const bytes = crypto.randomBytes(64 * KiB);
  b.send(frames.signal(a.slot, bytes));
  assert.ok((await a.until("signal")).bytes.equals(bytes));
});

test("frames arrive in the order they were sent, and a pong follows them", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  for (let n = 0; n < 200; n++) a.send(frames.relay(b.slot, Buffer.from([n])));
  a.send(frames.ping(77));
  for (let n = 0; n < 200; n++) assert.equal((await b.until("relay")).bytes[0], n);
  assert.equal((await a.until("pong")).n, 77);
});

test("rooms do not hear each other", async () => {
  const [one, other] = [await enter(makeRoom()), await enter(makeRoom())];
  one.send(frames.relay(other.slot, Buffer.from("psst")));
  assert.equal((await one.until("gone")).slot, other.slot);
  other.send(frames.ping(1));
  assert.equal((await other.next()).is, "pong");
});

test("the same key makes a clinic's room and a pairing room that are apart", async () => {
  const clinic = makeRoom("c");
  const pairing = { ...clinic, kind: "p", path: clinic.path.replace("k=c", "k=p") };
  await enter(clinic);
  assert.deepEqual((await open(pairing).join()).peers, []);
});

test("who signs for another host, challenge, kind or room is sent away", async () => {
  const room = makeRoom();
  const stranger = makeRoom();
  const member = await enter(room);
  const elsewhere = open(room);
  elsewhere.send(joinFrame(room, (await elsewhere.hello()).challenge, "evil.example"));
  await cut(elsewhere, close.badSignature, "bad-signature");
  const stale = open(room);
  const { host } = await stale.hello();
  stale.send(joinFrame(room, crypto.randomBytes(32), host));
  await cut(stale, close.badSignature);
  const wrongKind = open(room);
  wrongKind.send(joinFrame(room, (await wrongKind.hello()).challenge, host, "p"));
  await cut(wrongKind, close.wrongRoom, "wrong-room");
  const wrongKey = open(room);
  wrongKey.send(joinFrame(stranger, (await wrongKey.hello()).challenge, host));
  await cut(wrongKey, close.wrongRoom);
  const forged = open(room);
  await forged.hello();
  forged.send(frames.join(room.pk, crypto.randomBytes(64), 0));
  await cut(forged, close.badSignature);
  member.send(frames.ping(5));
  assert.equal((await member.next()).is, "pong", "a member heard of the strangers");
});

test("a recorded admission does not work twice", async () => {
  const room = makeRoom();
  const first = open(room);
  const { challenge, host } = await first.hello();
  const recorded = joinFrame(room, challenge, host);
  first.send(recorded);
  await first.until("welcome");
  const second = open(room);
  await second.hello();
  second.send(recorded);
  await cut(second, close.badSignature);
});

test("who says nothing for five seconds is sent away", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  const silent = open(room);
  await silent.hello();
  const began = Date.now();
  await cut(silent, close.handshakeTimeout, "handshake-timeout");
  assert.ok(Date.now() - began > 4_000 && Date.now() - began < 9_000);
  await untouched(a, b);
});

test("who speaks before joining, joins twice, or speaks nonsense is sent away alone", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  const early = open(room);
  await early.hello();
  early.send(frames.relay(a.slot, Buffer.from("x")));
  await cut(early, close.badMessage, "bad-message");
  const twice = open(room);
  const { challenge, host } = await twice.hello();
  for (let n = 0; n < 2; n++) twice.send(joinFrame(room, challenge, host));
  await cut(twice, close.badMessage);
  const good = frames.relay(a.slot, crypto.randomBytes(40));
  for (const nonsense of [
    "text",
    Buffer.alloc(0),
    Buffer.from([0xff]),
    Buffer.from([0x82, 0x02]),
    good.subarray(0, good.length - 1),
    Buffer.concat([good, Buffer.from([0])]),
    Buffer.from([0x82, 0x18, 0x63, 0x80]),
    Buffer.from("9b7fffffffffffffff", "hex"),
    Buffer.from("82028200 5b7fffffffffffffff".replace(" ", ""), "hex"),
    Buffer.alloc(5_000, 0x82),
    crypto.randomBytes(1_000),
  ]) {
    const device = await enter(room);
    device.send(nonsense);
    await cut(device, close.badMessage);
  }
  await untouched(a, b);
});

test("a payload above its limit ends its sender alone", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  for (const frame of [
    frames.signal(a.slot, Buffer.alloc(64 * KiB + 1)),
    frames.relay(a.slot, Buffer.alloc(MiB + 1)),
    frames.relay(a.slot, Buffer.alloc(8 * MiB)),
  ]) {
    const device = await enter(room);
    device.send(frame);
    await cut(device, close.tooLarge, "too-large");
  }
  await untouched(a, b);
});

test("who sends faster than the rate is cut off alone, by bytes and by count", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  const heavy = await enter(room);
  for (let n = 0; n < 6; n++) heavy.send(frames.relay(a.slot, Buffer.alloc(900 * KiB)));
  await cut(heavy, close.tooFast, "too-fast");
  const chatty = await enter(room);
  for (let n = 0; n < 20_000; n++) chatty.send(frames.ping(n));
  await cut(chatty, close.tooFast);
  await untouched(a, b);
});

test("a sender at nine tenths of the rate is never cut off", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  a.send(frames.relay(b.slot, Buffer.alloc(900 * KiB)));
  const began = Date.now();
  let sent = 0;
  while (Date.now() - began < 4_000) {
    if (sent < ((Date.now() - began) / 1000) * 0.9 * MiB) {
      a.send(frames.relay(b.slot, Buffer.alloc(60 * KiB)));
      sent += 60 * KiB;
    } else await sleep(5);
  }
  a.send(frames.ping(1));
  assert.equal((await a.until("pong")).n, 1);
  assert.ok(sent > 3 * MiB);
});

test("the sixty-fifth device finds the room full, and a place that comes free is taken", async () => {
  const room = makeRoom();
  const members = [];
  for (let n = 0; n < 64; n++) members.push(await enter(room));
  const late = open(room);
  await cut(late, close.roomFull, "room-full");
  await untouched(members[0], members[63]);
  await members[10].leave();
  await members[0].until("gone");
  await enter(room);
});

test("the third device finds the pairing room full", async () => {
  const room = makeRoom("p");
  const waiting = open(room);
  const { challenge, host } = await waiting.hello();
  const [a, b] = [await enter(room), await enter(room)];
  waiting.send(joinFrame(room, challenge, host));
  await cut(waiting, close.roomFull);
  await cut(open(room), close.roomFull);
  await untouched(a, b);
});

test("strangers who crowd the door are refused and members do not notice", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  const crowd = [];
  for (let n = 0; n < 16; n++) {
    crowd.push(open(room));
    await crowd[n].hello();
  }
  await cut(open(room), close.busy, "busy");
  await untouched(a, b);
  for (const stranger of crowd) await stranger.leave();
});

test("what is no room, no upgrade or not our origin never reaches a room", async () => {
  const room = makeRoom();
  const hex = room.id.toString("hex");
  for (const odd of [
    `/relay/${hex}`,
    `/relay/${hex}?k=x`,
    `/relay/${hex}?k=c&k=p`,
    `/relay/${hex}?k=c&more=1`,
    `/relay/${hex.toUpperCase()}?k=c`,
    `/relay/${hex.slice(2)}?k=c`,
    `/relay/${hex}00?k=c`,
    `/relay/${hex}/?k=c`,
    `/relay/${"g".repeat(64)}?k=c`,
    `/relay/?k=c`,
  ]) {
    await assert.rejects(open({ ...room, path: odd }).opened, /status 404/, odd);
  }
  for (const origin of ["https://evil.example", `${server.url}.evil.example`, "null", "http://127.0.0.1:1", "127.0.0.1", ""]) {
    await assert.rejects(open(room, { origin }).opened, /status 403/, String(origin));
  }
  assert.equal((await request(server, room.path)).status, 426);
});

test("a room that slept still knows its members, and nobody who was sent away", async () => {
  const room = makeRoom();
  const [a, b] = [await enter(room), await enter(room)];
  // Hears nothing any more, so never answers the server's Close: its socket lingers at the server.
  const deaf = await enter(room);
  deaf.socket._socket.pause();
  deaf.send(Buffer.from([0xff]));
  assert.equal((await a.until("gone")).slot, deaf.slot);
  await b.until("gone");
  await sleep(13_000);
  await untouched(a, b);
  const c = open(room);
  assert.deepEqual(
    (await c.join()).peers,
    [a.slot, b.slot].sort((x, y) => x - y),
  );
});

test("after the server is killed and comes back, devices join again", async () => {
  const own = await serve();
  try {
    const room = makeRoom();
    const [a, b] = [await joined(own, room), await joined(own, room)];
    a.send(frames.relay(b.slot, crypto.randomBytes(1000)));
    await b.until("relay");
    await own.kill();
    assert.equal((await a.closed).code, 1006);
    await own.start();
    const [c, d] = [await joined(own, room), await joined(own, room)];
    await untouched(c, d);
  } finally {
    await own.stop();
  }
});

test("the server keeps and tells nothing of what passed", async () => {
  const own = await serve();
  try {
    const room = makeRoom();
    const [a, b] = [await joined(own, room), await joined(own, room)];
    const canary = Buffer.from("canary-4f1d-not-to-be-kept");
    a.send(frames.relay(b.slot, canary));
    await b.until("relay");
    b.send(frames.signal(a.slot, canary));
    await a.until("signal");
    b.send(canary);
    await b.closed;
    await sleep(500);
    await own.kill();
    const kept = fs
      .readdirSync(own.rooms, { recursive: true })
      .map((file) => path.join(own.rooms, file))
      .filter((file) => fs.statSync(file).isFile())
      .map((file) => fs.readFileSync(file));
    assert.ok(kept.length > 0, "no state was written, so this shows nothing");
    for (const bytes of [...kept, Buffer.from(own.output)]) {
      assert.ok(!bytes.includes(canary));
      assert.ok(!bytes.includes(room.id) && !bytes.includes(room.id.toString("hex")));
    }
    assert.equal(own.output, "");
  } finally {
    await own.stop();
  }
});
