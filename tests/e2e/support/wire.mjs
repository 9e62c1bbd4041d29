// The wire under one person's page: an HTTP proxy (CONNECT) that carries their TCP, and can be cut.
// Their media over UDP does not pass here.
//
//     const wire = await Wire.lay(); Person.open(server, "chromium", { proxy: wire.proxy })
//     wire.cut(); ... wire.mend();
import { once } from "node:events";
import http from "node:http";
import net from "node:net";

export class Wire {
  static async lay() {
    const wire = new Wire();
    wire.sockets = new Set();
    wire.whole = true;
    wire.server = http.createServer((_, answer) => answer.writeHead(405).end());
    wire.server.on("connect", (request, near, head) => wire.#carry(request, near, head));
    wire.server.listen(0, "127.0.0.1");
    await once(wire.server, "listening");
    // Chromium asks no proxy for loopback addresses unless told to.
    wire.proxy = { server: `http://127.0.0.1:${wire.server.address().port}`, bypass: "<-loopback>" };
    return wire;
  }

  #carry(request, near, head) {
    const { hostname, port } = new URL(`http://${request.url}`);
    if (!this.whole) return near.destroy();
    const far = net.connect(Number(port), hostname === "localhost" ? "127.0.0.1" : hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      this.sockets.add(one);
      one.on("error", () => {});
      one.once("close", () => { this.sockets.delete(one); other.destroy(); });
    }
    far.once("connect", () => {
      near.write("HTTP/1.1 200 Connection established\r\n\r\n");
      far.write(head);
      near.pipe(far).pipe(near);
    });
  }

  /** Every connection is reset, on both sides, and none is made until it is mended; how many there were. */
  cut() {
    this.whole = false;
    const cut = [...this.sockets];
    for (const socket of cut) socket.resetAndDestroy();
    return cut.length / 2;
  }

  mend() { this.whole = true; }

  async close() {
    this.cut();
    this.server.close();
    await once(this.server, "close");
  }
}
