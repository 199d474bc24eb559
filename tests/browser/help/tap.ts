// Stands between the tablets and the server and keeps every byte that reaches the server, WebSocket frames unmasked.
// What was not sent cannot be known to the other side, whatever the runtime does with it.

import { type AddressInfo, connect, createServer, type Server as Listener, type Socket } from 'node:net';

export class Tap {
  readonly #heard: Buffer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #listener: Listener;
  /** WebSocket messages and their bytes: a tap that heard none has proven nothing about the relay. */
  frames = 0;

  private constructor(server: number) {
    this.#listener = createServer((tablet) => this.#join(tablet, connect(server, '127.0.0.1')));
  }

  static async before(server: { port: number }): Promise<Tap> {
    const tap = new Tap(server.port);
    await new Promise<void>((ready) => tap.#listener.listen(0, '127.0.0.1', ready));
    return tap;
  }

  get url(): string {
    return `http://localhost:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Everything heard so far. */
  heard(): Buffer {
    return Buffer.concat(this.#heard);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
  }

  #join(tablet: Socket, server: Socket): void {
    for (const socket of [tablet, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
    tablet.on('close', () => server.destroy());
    server.on('close', () => tablet.destroy());
    server.pipe(tablet);
    let upgraded = false;
    let rest: Buffer = Buffer.alloc(0);
    tablet.on('data', (bytes: Buffer) => {
      if (upgraded) {
        rest = this.#frames(Buffer.concat([rest, bytes]));
      } else if (/^upgrade: *websocket\r$/im.test(bytes.toString('latin1'))) {
        upgraded = true;
        // Frames are to be read here, so none may be compressed.
        bytes = Buffer.from(bytes.toString('latin1').replace(/^sec-websocket-extensions:.*\r\n/im, ''), 'latin1');
        this.#heard.push(bytes);
      } else {
        this.#heard.push(bytes);
      }
      server.write(bytes);
    });
  }

  /** Takes whole frames (RFC 6455 §5.2) off the front and answers what is left. */
  #frames(bytes: Buffer): Buffer {
    for (;;) {
      if (bytes.length < 2) return bytes;
      const short = bytes[1]! & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length < head + 4) return bytes;
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
      const end = head + 4 + length;
      if (bytes.length < end) return bytes;
      const mask = bytes.subarray(head, head + 4);
      this.#heard.push(Buffer.from(bytes.subarray(head + 4, end).map((byte, at) => byte ^ mask[at % 4]!)));
      this.frames += 1;
      bytes = bytes.subarray(end);
    }
  }
}
