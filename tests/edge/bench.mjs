// What the Worker costs: round trips and relayed bytes through workerd, beside a bare `ws` forwarder in the same run.
// `cargo xtask build-edge && node tests/edge/bench.mjs`. The forwarder decodes, checks and limits nothing.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { WebSocket, WebSocketServer, frames, joined, makeRoom, serve, sleep } from "./harness.mjs";

const KiB = 1024;
const MiB = 1024 * KiB;
const PAIRS = 24;
const CHUNK = 60 * KiB;
// What one socket may send at once, with room for the heads.
const BURST = Math.floor((1.9 * MiB) / CHUNK);

if (process.argv[2] === "bare") bare();
else await measure();

/** The first byte names a pair; whatever one side of it says goes to the other, or back if it is alone. */
function bare() {
  const pairs = new Map();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false }, () =>
    process.send(server.address().port),
  );
  server.on("connection", (socket, request) => {
    const pair = pairs.get(request.url) ?? [];
    pairs.set(request.url, [...pair, socket]);
    socket.on("message", (bytes) => {
      const other = pairs.get(request.url).find((one) => one !== socket) ?? socket;
      other.send(bytes);
    });
  });
  process.on("disconnect", () => process.exit());
}

async function measure() {
  const server = await serve();
  const child = fork(fileURLToPath(import.meta.url), ["bare"]);
  const port = await new Promise((done) => child.once("message", done));
  const connect = (name) =>
    new Promise((done) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/${name}`, { perMessageDeflate: false });
      socket.once("open", () => done(socket));
    });
  const figures = { rtt: {}, relay: {} };
  for (let round = 0; round < 3; round++) {
    // One byte string through a second device and back: two passages each way of either server.
    const room = makeRoom();
    const [a, b] = [await joined(server, room), await joined(server, room)];
    await a.until("joined");
    b.socket.removeAllListeners("message");
    const back = frames.signal(a.slot, Buffer.alloc(200));
    b.socket.on("message", () => b.send(back));
    const there = frames.signal(b.slot, Buffer.alloc(200));
    record(figures.rtt, "edge", await times(500, () => (a.send(there), a.next()), 3));
    const [c, d] = [await connect(`rtt${round}`), await connect(`rtt${round}`)];
    d.on("message", (bytes) => d.send(bytes));
    const heard = () => new Promise((done) => c.once("message", done));
    record(figures.rtt, "bare", await times(500, () => (c.send(Buffer.alloc(210)), heard()), 3));

    // Every pair in its own room sends its whole burst at once.
    const senders = [];
    for (let n = 0; n < PAIRS; n++) {
      const own = makeRoom();
      const [from, to] = [await joined(server, own), await joined(server, own)];
      to.socket.removeAllListeners("message");
      senders.push({ from: from.socket, to: to.socket, frame: frames.relay(to.slot, Buffer.alloc(CHUNK)) });
    }
    record(figures.relay, "edge", await flood(senders));
    const plain = [];
    for (let n = 0; n < PAIRS; n++) {
      const [from, to] = [await connect(`${round}.${n}`), await connect(`${round}.${n}`)];
      plain.push({ from, to, frame: Buffer.alloc(CHUNK + 9) });
    }
    record(figures.relay, "bare", await flood(plain));
    for (const { from, to } of [...senders, ...plain]) for (const socket of [from, to]) socket.terminate();
  }
  child.disconnect();
  await server.stop();
  const best = (of, pick) => Math[pick](...of);
  const rtt = { edge: best(figures.rtt.edge, "min"), bare: best(figures.rtt.bare, "min") };
  const relay = { edge: best(figures.relay.edge, "max"), bare: best(figures.relay.bare, "max") };
  const show = (n) => n.toFixed(2);
  console.log(`200 B through a second device and back, p50: edge ${show(rtt.edge)} ms, bare ${show(rtt.bare)} ms, ratio ${show(rtt.edge / rtt.bare)}`);
  console.log(`${PAIRS} pairs, ${CHUNK / KiB} KiB frames: edge ${show(relay.edge)} MB/s, bare ${show(relay.bare)} MB/s, ratio ${show(relay.edge / relay.bare)}`);
}

function record(into, name, value) {
  (into[name] ??= []).push(value);
}

/** The median in milliseconds, paced so that the socket's rate is never the measure. */
async function times(count, once, pause) {
  for (let n = 0; n < 50; n++) await once();
  const took = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    await once();
    took.push(performance.now() - began);
    if (n % 5 === 0) await sleep(pause);
  }
  return took.sort((x, y) => x - y)[count >> 1];
}

/** MB/s over all pairs, from the first frame sent to the last one heard. */
async function flood(pairs) {
  const began = performance.now();
  const heard = pairs.map(
    ({ to }) =>
      new Promise((done, failed) => {
        let left = BURST;
        to.on("message", () => (left -= 1) || done());
        to.on("close", () => failed(new Error("cut off")));
      }),
  );
  for (let n = 0; n < BURST; n++) for (const { from, frame } of pairs) from.send(frame);
  await Promise.all(heard);
  return (pairs.length * BURST * CHUNK) / 1e6 / ((performance.now() - began) / 1000);
}
