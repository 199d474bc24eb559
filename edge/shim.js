// The Worker's entry: hands the runtime's calls to the module and catches what must not escape.
// An exception that leaves a handler hangs its request, so every call ends in a value; nothing is logged.

import * as wasm from "./index.js";

const life = wasm.__worker_init_state();

// After a trap the module's memory cannot be trusted: the next call starts with a fresh one.
function revive() {
  if (!life.criticalError) return;
  wasm.__wbg_reset_state();
  life.criticalError = false;
  life.instanceId++;
}

async function guarded(call, otherwise) {
  try {
    revive();
    return await call();
  } catch (fault) {
    if (fault instanceof WebAssembly.RuntimeError) life.criticalError = true;
    return otherwise?.();
  }
}

function failed() {
  return new Response("internal error", { status: 500, headers: { "cache-control": "no-store" } });
}

export default {
  fetch: (request, env, context) => guarded(() => wasm.fetch(request, env, context), failed),
};

// Sockets and their attachments outlive the module, so a room is built anew from them when it has to be.
export class RoomObject {
  #state;
  #env;
  #room;
  #instance;

  constructor(state, env) {
    this.#state = state;
    this.#env = env;
  }

  #awake() {
    if (this.#instance !== life.instanceId) {
      this.#room = new wasm.RoomObject(this.#state, this.#env);
      this.#instance = life.instanceId;
    }
    return this.#room;
  }

  fetch(request) {
    return guarded(() => this.#awake().fetch(request), failed);
  }

  alarm() {
    return guarded(async () => void (await this.#awake().alarm()));
  }

  webSocketMessage(socket, message) {
    return guarded(() => this.#awake().webSocketMessage(socket, message));
  }

  webSocketClose(socket, code, reason, clean) {
    return guarded(() => this.#awake().webSocketClose(socket, code, reason, clean));
  }

  webSocketError(socket, fault) {
    return guarded(() => this.#awake().webSocketError(socket, fault));
  }
}
