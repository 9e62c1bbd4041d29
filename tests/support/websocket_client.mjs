// A WebSocket client that can also misbehave: raw frames over TLS (RFC 6455), nothing decided for the
// test. No library does it all, and browsers refuse to send what a server must survive.
//
//     const socket = await openSocket({ port, ca, headers: { origin: '...' } });
//     socket.send(JSON.stringify(hello)); const message = await socket.next(m => m.type === 'welcome');
//     const { code } = await socket.closed;

import { randomBytes } from 'node:crypto';
import tls from 'node:tls';

export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

function frame(opcode, payload, { final = true } = {}) {
  const mask = randomBytes(4), size = payload.length;
  const head = size < 126 ? Buffer.from([0, 0x80 | size])
    : size < 65536 ? Buffer.from([0, 0x80 | 126, size >> 8, size & 255])
    : Buffer.concat([Buffer.from([0, 0x80 | 127, 0, 0, 0, 0]), Buffer.from(Uint32Array.of(size).buffer).reverse()]);
  head[0] = (final ? 0x80 : 0) | opcode;
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i] ^= mask[i & 3];
  return Buffer.concat([head, mask, masked]);
}

export function openSocket({ port, ca, host = '127.0.0.1', path = '/ws', protocol = 'teleloire.v1', headers = {}, localAddress }) {
  return new Promise((resolve, reject) => {
    const stream = tls.connect({ port, host, ca, localAddress, servername: 'localhost', ALPNProtocols: ['http/1.1'] });
    let input = Buffer.alloc(0), upgraded = false, partial = [], code = 1006, reason = '';
    const said = [], waiting = new Set();
    const socket = {
      stream, said,
      frame: (opcode, payload, options) => stream.write(frame(opcode, Buffer.from(payload), options)),
      send: (text) => socket.frame(TEXT, text),
      // The first message, said already or still to come, that satisfies the test; it is taken.
      next(wanted = () => true, ms = 10_000) {
        const at = said.findIndex(wanted);
        if (at >= 0) return Promise.resolve(said.splice(at, 1)[0]);
        return new Promise((ok, bad) => {
          const waiter = { wanted, ok: (m) => { clearTimeout(timer); said.splice(said.indexOf(m), 1); ok(m); } };
          const timer = setTimeout(() => { waiting.delete(waiter); bad(new Error(`no such message; said: ${JSON.stringify(said).slice(0, 500)}`)); }, ms);
          waiting.add(waiter);
        });
      },
      close: () => stream.destroy(),
    };
    socket.closed = new Promise((done) => stream.once('close', () => done({ code, reason })));
    const take = () => {
      while (input.length >= 2) {
        const short = input[1] & 127;
        const start = short < 126 ? 2 : short === 126 ? 4 : 10;
        if (input.length < start) return;
        const size = short < 126 ? short : short === 126 ? input.readUInt16BE(2) : Number(input.readBigUInt64BE(2));
        if (input.length < start + size) return;
        const opcode = input[0] & 15, final = input[0] & 0x80, payload = input.subarray(start, start + size);
        input = input.subarray(start + size);
        if (opcode === PING) socket.frame(PONG, payload);
        else if (opcode === CLOSE) {
          if (payload.length >= 2) { code = payload.readUInt16BE(0); reason = payload.subarray(2).toString(); }
          stream.end();
        } else if (opcode <= BINARY) {
          partial.push(payload);
          if (!final) continue;
          const message = JSON.parse(Buffer.concat(partial).toString());
          partial = [];
          said.push(message);
          for (const waiter of waiting) if (waiter.wanted(message)) { waiting.delete(waiter); waiter.ok(message); break; }
        }
      }
    };
    stream.once('secureConnect', () => stream.write([`GET ${path} HTTP/1.1`, `Host: localhost:${port}`, 'Upgrade: websocket',
      'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')));
    stream.on('data', (piece) => {
      input = Buffer.concat([input, piece]);
      if (!upgraded) {
        const end = input.indexOf('\r\n\r\n');
        if (end < 0) return;
        const status = Number(input.toString('latin1', 9, 12));
        if (status !== 101) { stream.destroy(); reject(new Error(`refused: ${status}`)); return; }
        input = input.subarray(end + 4);
        upgraded = true;
        resolve(socket);
      }
      take();
    });
    stream.on('error', (error) => { if (!upgraded) reject(error); });
    stream.once('close', () => { if (!upgraded) reject(new Error('refused: closed')); });
  });
}
