// Files, errors and health: every answer carries the strict headers, and no path leads out of the assets.

import assert from "node:assert/strict";
import crypto from "node:crypto";
import { after, before, test } from "node:test";
import zlib from "node:zlib";

import { makeRoom, request, serve } from "./harness.mjs";

const page = "<!doctype html><title>Lucerna</title>";
const wasm = crypto.randomBytes(200_000);
const script = "export const a = 1;\n".repeat(400);
const hashed = "assets/0a1b2c3d4e5f6071";

let server;
before(async () => {
  server = await serve({
    "index.html": page,
    "index.html.br": zlib.brotliCompressSync(page),
    "sw.js": "self.a = 1;",
    "manifest.webmanifest": "{}",
    "icon.svg": "<svg/>",
    "icon-0a1b2c3d.svg": "<svg/>",
    "deadbeef.css": "p {}",
    "a1b2.css": "p {}",
    [`${hashed}/app.js`]: script,
    [`${hashed}/app.js.br`]: zlib.brotliCompressSync(script),
    [`${hashed}/app_bg.wasm`]: wasm,
    [`${hashed}/style.css`]: "p {}",
    ".secret.json": "{}",
  });
});
after(() => server.stop());

const get = (path, options) => request(server, path, options);
const br = { headers: { "accept-encoding": "gzip, br" } };

function strict({ status, headers }, what) {
  const policy = headers["content-security-policy"] ?? "";
  for (const part of [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types lucerna",
  ]) {
    assert.ok(policy.split("; ").includes(part), `${what} (${status}): policy lacks ${part}`);
  }
  assert.ok(!policy.includes("unsafe-inline") && !policy.includes("'unsafe-eval'"));
  assert.equal(headers["cross-origin-opener-policy"], "same-origin", what);
  assert.equal(headers["cross-origin-embedder-policy"], "require-corp", what);
  assert.equal(headers["cross-origin-resource-policy"], "same-origin", what);
  assert.equal(headers["x-content-type-options"], "nosniff", what);
  assert.equal(headers["referrer-policy"], "no-referrer", what);
  assert.match(headers["permissions-policy"], /camera=\(self\).*microphone=\(\)/, what);
  assert.match(headers["strict-transport-security"], /^max-age=\d{8,}/, what);
  assert.equal(headers["access-control-allow-origin"], undefined, what);
}

test("every kind of answer carries the strict headers", async () => {
  const room = makeRoom();
  const upgrade = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  const etag = (await get("/")).headers.etag;
  for (const [what, status, path, options] of [
    ["page", 200, "/"],
    ["place in the app", 200, "/patients/1"],
    ["not modified", 304, "/", { headers: { "if-none-match": etag } }],
    ["head", 200, "/", { method: "HEAD" }],
    ["script", 200, `/${hashed}/app.js`],
    ["script in brotli", 200, `/${hashed}/app.js`, br],
    ["module", 200, `/${hashed}/app_bg.wasm`],
    ["worker", 200, "/sw.js"],
    ["health", 200, "/healthz"],
    ["missing file", 404, "/missing.js"],
    ["odd path", 404, "/%00.js"],
    ["method", 405, "/", { method: "POST" }],
    ["body", 413, "/", { headers: { "content-length": "3" }, body: "abc" }],
    ["long address", 414, `/${"a".repeat(3000)}`],
    ["no such room", 404, "/relay/abc?k=c"],
    ["room without upgrade", 426, room.path],
    ["room from elsewhere", 403, room.path, { headers: { ...upgrade, origin: "https://evil.example" } }],
    ["room", 101, room.path, { headers: { ...upgrade, origin: server.url } }],
  ]) {
    const answer = await get(path, options);
    assert.equal(answer.status, status, what);
    strict(answer, what);
  }
});

test("health says that it runs and which version, and is never kept", async () => {
  const answer = await get("/healthz");
  const { ok, version } = JSON.parse(answer.body);
  assert.equal(ok, true);
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.equal((await get("/healthz", { method: "HEAD" })).body.length, 0);
});

test("types carry their charset, and wasm its own", async () => {
  for (const [path, type] of [
    ["/", "text/html; charset=utf-8"],
    ["/sw.js", "text/javascript; charset=utf-8"],
    ["/manifest.webmanifest", "application/manifest+json; charset=utf-8"],
    ["/icon.svg", "image/svg+xml; charset=utf-8"],
    [`/${hashed}/app_bg.wasm`, "application/wasm"],
    [`/${hashed}/style.css`, "text/css; charset=utf-8"],
  ]) {
    assert.equal((await get(path)).headers["content-type"], type, path);
  }
});

test("a path with a hash is kept for ever, the page and the service worker are asked about again", async () => {
  for (const path of [`/${hashed}/app.js`, `/${hashed}/app_bg.wasm`, "/icon-0a1b2c3d.svg"]) {
    assert.equal((await get(path)).headers["cache-control"], "public, max-age=31536000, immutable");
  }
  for (const path of ["/", "/index.html", "/sw.js", "/manifest.webmanifest", "/patients/1", "/deadbeef.css", "/a1b2.css"]) {
    assert.equal((await get(path)).headers["cache-control"], "no-cache", path);
  }
});

test("what the browser already has is not sent again, in either encoding", async () => {
  const plain = await get("/");
  const packed = await get("/", br);
  assert.notEqual(plain.headers.etag, packed.headers.etag);
  const again = await get("/", { headers: { "if-none-match": `"other", W/${plain.headers.etag}` } });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  const other = await get("/", { headers: { "if-none-match": packed.headers.etag } });
  assert.deepEqual([other.status, other.body.toString()], [200, page]);
});

test("files arrive byte for byte, large ones too", async () => {
  const answer = await get(`/${hashed}/app_bg.wasm`);
  assert.ok(answer.body.equals(wasm));
  assert.equal(answer.headers["content-length"], String(wasm.length));
});

test("brotli goes to who takes it and only where it exists", async () => {
  const packed = await get(`/${hashed}/app.js`, br);
  assert.equal(packed.headers["content-encoding"], "br");
  assert.equal(packed.headers["content-type"], "text/javascript; charset=utf-8");
  assert.equal(packed.headers.vary, "accept-encoding");
  assert.equal(zlib.brotliDecompressSync(packed.body).toString(), script);
  for (const accepted of [undefined, "gzip", "br;q=0", "brotli", "gzip, br; q=0.0"]) {
    const headers = accepted ? { "accept-encoding": accepted } : {};
    const answer = await get(`/${hashed}/app.js`, { headers });
    assert.equal(answer.headers["content-encoding"], undefined, accepted);
    assert.equal(answer.body.toString(), script, accepted);
  }
  const without = await get(`/${hashed}/style.css`, br);
  assert.deepEqual([without.headers["content-encoding"], without.body.toString()], [undefined, "p {}"]);
});

test("a place in the app is the page; a missing file is missing", async () => {
  for (const path of ["/", "/patients", "/assets", `/${hashed}`, `/${hashed}/`, "/a/b/c/", "/healthz/x"]) {
    const answer = await get(path);
    assert.deepEqual([answer.status, answer.body.toString()], [200, page], path);
  }
  for (const path of ["/missing.js", `/${hashed}/missing.wasm`, "/favicon.ico"]) {
    assert.equal((await get(path)).status, 404, path);
  }
});

test("no path leads out of the assets or to what is not a file of the app", async () => {
  for (const path of [
    "/../rooms/x.js",
    "/%2e%2e/rooms/x.js",
    "/..%2frooms",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/assets/..%5c..%5cconfig.capnp",
    "/../config.capnp",
    "/.secret.json",
    "/assets/.hidden/a.js",
    "//evil.example/a.js",
    "/a//b.js",
    "/%00.js",
    "/index.html%00.js",
    `/${hashed}/app.js.br`,
    "/index.html.",
    "/a\\b.js",
  ]) {
    const answer = await get(path);
    assert.equal(answer.status, 404, `${path}: ${answer.body.subarray(0, 80)}`);
    strict(answer, path);
  }
});

test("only GET and HEAD are served, whatever the method is called", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "PURGE"]) {
    for (const path of ["/", "/healthz", makeRoom().path]) {
      const answer = await get(path, { method });
      assert.ok([405, 501].includes(answer.status), `${method} ${path}: ${answer.status}`);
      if (answer.status === 405) assert.equal(answer.headers.allow, "GET, HEAD");
    }
  }
});
