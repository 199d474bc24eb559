// The real Worker on the real runtime, a client that speaks its frames, and small words to say what is expected.
// Frames are written out by hand here, apart from the Rust code, so that the two check each other.

import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const edge = path.join(root, "edge");
export const WebSocket = createRequire(path.join(edge, "package.json"))("ws");
export const WebSocketServer = WebSocket.WebSocketServer;
const build = process.env.LUCERNA_EDGE ?? path.join(root, "target/xtask/edge");

export const close = {
  left: 4000,
  handshakeTimeout: 4001,
  badMessage: 4002,
  badSignature: 4003,
  wrongRoom: 4004,
  roomFull: 4005,
  busy: 4006,
  tooLarge: 4007,
  tooFast: 4008,
  idle: 4009,
};

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// ---------------------------------------------------------------- the server

function workerd() {
  const packages = path.join(edge, "node_modules/@cloudflare");
  const found = fs.readdirSync(packages).map((name) => path.join(packages, name, "bin/workerd"));
  const binary = found.find((file) => fs.existsSync(file));
  if (!binary) throw new Error("no workerd: run npm ci in edge/");
  return binary;
}

function freePort() {
  return new Promise((done, failed) => {
    const probe = net.createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** Starts workerd over `files` (path → bytes). `stop` kills it hard; `start` brings it back on the same state. */
export async function serve(files = { "index.html": "<!doctype html>" }) {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), "lucerna-edge-"));
  const assets = path.join(state, "assets");
  const rooms = path.join(state, "rooms");
  for (const folder of [assets, rooms]) fs.mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(assets, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, bytes);
  }
  for (const file of ["index.js", "index_bg.wasm"]) fs.copyFileSync(path.join(build, file), path.join(state, file));
  const port = await freePort();
  const date = /^compatibility_date = "(.*)"/m.exec(fs.readFileSync(path.join(edge, "wrangler.toml"), "utf8"))[1];
  const values = { ASSETS: assets, ROOMS: rooms, ADDRESS: `127.0.0.1:${port}`, DATE: date };
  const template = fs.readFileSync(path.join(edge, "config.capnp.tmpl"), "utf8");
  const config = path.join(state, "config.capnp");
  fs.writeFileSync(config, template.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]));

  const server = { port, host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, rooms, output: "", child: null };
  server.start = async () => {
    server.child = spawn(workerd(), ["serve", config], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [server.child.stdout, server.child.stderr]) {
      stream.on("data", (chunk) => (server.output += chunk));
    }
    for (let tries = 0; tries < 200; tries++) {
      if (server.child.exitCode !== null) throw new Error(`workerd ended: ${server.output}`);
      const answer = await request(server, "/healthz").catch(() => null);
      if (answer?.status === 200) return server;
      await sleep(50);
    }
    throw new Error(`workerd does not answer: ${server.output}`);
  };
  server.kill = async () => {
    if (server.child.exitCode !== null || server.child.signalCode !== null) return;
    const gone = new Promise((done) => server.child.once("exit", done));
    server.child.kill("SIGKILL");
    await gone;
  };
  server.stop = async () => {
    await server.kill();
    fs.rmSync(state, { recursive: true, force: true });
  };
  return server.start();
}

/** One request exactly as given: no added encodings, no decoding. `path` is sent verbatim. */
export function request(server, target, { method = "GET", headers = {}, body } = {}) {
  return new Promise((done, failed) => {
    const options = { host: "127.0.0.1", port: server.port, path: target, method, headers, agent: false };
    const sent = http.request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    sent.on("error", failed);
    sent.on("upgrade", (answer, socket) => {
      socket.destroy();
      done({ status: answer.statusCode, headers: answer.headers, body: Buffer.alloc(0) });
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${method} ${target}`)));
    sent.end(body);
  });
}

// ---------------------------------------------------------------- CBOR, as little as the frames need

function head(major, n) {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  if (n < 0x100) return Buffer.from([(major << 5) | 24, n]);
  if (n < 0x10000) return Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
  const four = Buffer.alloc(5);
  four[0] = (major << 5) | 26;
  four.writeUInt32BE(n, 1);
  return four;
}

export function cbor(value) {
  if (typeof value === "number") return head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  return Buffer.concat([head(2, value.length), value]);
}

export function parse(bytes) {
  let at = 0;
  const item = () => {
    const first = bytes[at++];
    const [major, low] = [first >> 5, first & 31];
    const size = low < 24 ? 0 : 1 << (low - 24);
    // Eight bytes hold instants, which a number can hold, too.
    const n = size === 0 ? low : size === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, size);
    at += size;
    if (major === 0) return n;
    if (major === 4) return Array.from({ length: n }, item);
    const slice = bytes.subarray(at, at + n);
    at += n;
    return major === 3 ? slice.toString() : slice;
  };
  return item();
}

export const frames = {
  join: (pk, signature, kind) => cbor([0, [pk, signature, kind]]),
  signal: (to, bytes) => cbor([1, [to, bytes]]),
  relay: (to, bytes) => cbor([2, [to, bytes]]),
  ping: (n) => cbor([3, [n]]),
  leave: () => cbor([4, []]),
};

const heard = {
  0: ([challenge, host, protocol]) => ({ is: "hello", challenge, host, protocol }),
  1: ([you, peers]) => ({ is: "welcome", you, peers }),
  2: ([slot]) => ({ is: "joined", slot }),
  3: ([slot]) => ({ is: "gone", slot }),
  4: ([from, bytes]) => ({ is: "signal", from, bytes }),
  5: ([from, bytes]) => ({ is: "relay", from, bytes }),
  6: ([n]) => ({ is: "pong", n }),
  7: ([code]) => ({ is: "refused", code }),
};

export function read(bytes) {
  const [kind, fields] = parse(bytes);
  return heard[kind](fields);
}

// ---------------------------------------------------------------- a device

/** A room's key pair; every test makes its own room. */
export function makeRoom(kind = "c") {
  const pair = crypto.generateKeyPairSync("ed25519");
  const pk = pair.publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const id = crypto.createHash("sha256").update(pk).digest();
  return { kind, pk, id, path: `/relay/${id.toString("hex")}?k=${kind}`, secret: pair.privateKey };
}

const kindByte = (kind) => (kind === "c" ? 0 : 1);

export function signature(room, challenge, host, kind = room.kind) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(host));
  const parts = ["lucerna/relay/join/v1", challenge, Buffer.from([kindByte(kind)]), length, host, room.id];
  return crypto.sign(null, Buffer.concat(parts.map((part) => Buffer.from(part))), room.secret);
}

export class Device {
  constructor(server, room, { origin = server.url, headers = {} } = {}) {
    this.server = server;
    this.room = room;
    this.messages = [];
    this.waiting = [];
    this.socket = new WebSocket(`ws://${server.host}${room.path}`, {
      origin,
      headers,
      perMessageDeflate: false,
      maxPayload: 64 * 1024 * 1024,
      // As browsers do: when both sides have said Close, do not wait long for the server to hang up.
      closeTimeout: 500,
    });
    this.opened = new Promise((done, failed) => {
      this.socket.once("open", done);
      this.socket.once("error", failed);
      this.socket.once("unexpected-response", (_, answer) => failed(new Error(`status ${answer.statusCode}`)));
    });
    this.opened.catch(() => {});
    this.closed = new Promise((done) => {
      this.socket.once("close", (code, reason) => {
        done({ code, reason: reason.toString() });
        for (const next of this.waiting.splice(0)) next.failed(new Error(`closed with ${code} ${reason}`));
      });
    });
    this.socket.on("error", () => {});
    this.socket.on("message", (bytes) => {
      const message = read(bytes);
      const next = this.waiting.shift();
      if (next) next.done(message);
      else this.messages.push(message);
    });
  }

  send(frame) {
    this.socket.send(frame);
  }

  next(ms = 10_000) {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error("nothing came")), ms);
      this.waiting.push({
        done: (message) => (clearTimeout(timer), done(message)),
        failed: (fault) => (clearTimeout(timer), failed(fault)),
      });
    });
  }

  /** The next message of this kind; others are dropped. */
  async until(is, ms) {
    for (;;) {
      const message = await this.next(ms);
      if (message.is === is) return message;
    }
  }

  async hello() {
    await this.opened;
    return this.until("hello");
  }

  async join() {
    const { challenge, host } = await this.hello();
    this.send(frames.join(this.room.pk, signature(this.room, challenge, host), kindByte(this.room.kind)));
    const welcome = await this.until("welcome");
    this.slot = welcome.you;
    return welcome;
  }

  async leave() {
    this.socket.terminate();
    await this.closed;
  }
}

export async function joined(server, room, options) {
  const device = new Device(server, room, options);
  await device.join();
  return device;
}
