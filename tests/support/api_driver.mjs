// A real teleloire-api with the test as its supervisor and door (main_api_driver.c), and a browser's
// habits on top: cookies kept, CSRF sent.

import { spawn } from 'node:child_process';
import { createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from './role.mjs';

export const HTTP_REQUEST = 0x0201, HTTP_REQUEST_BODY = 0x0202, TICKET_REDEEM = 0x0203, SESSION_LOAD = 0x0204,
  SESSION_EVENT = 0x0205, API_HEALTH = 0x0206, NOTICE = 0x0283;
const MORE = 1, ERROR = 4;

export async function startApi(config, index = 0) {
  const child = spawn(join(build, 'tests/api-driver'), { stdio: ['pipe', 'pipe', 'pipe'] });
  let log = '', next = 1, pid = 0;
  child.stderr.on('data', (text) => { log += text; });
  const say = (line) => child.stdin.write(`${JSON.stringify(line)}\n`);
  const open = new Map(); // request number -> {resolve, parts}
  const notices = [], noticed = [], waiting = [];
  const counting = new Set();
  const events = [];
  const heard = (wanted, seconds = 15) => new Promise((resolve, reject) => {
    const found = events.find(wanted);
    if (found) return resolve(found);
    const timer = setTimeout(() => reject(new Error(`not heard in ${seconds} s; log:\n${log}`)), seconds * 1000);
    waiting.push({ wanted, resolve: (e) => { clearTimeout(timer); resolve(e); } });
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const e = JSON.parse(line);
    if (e.event === 'started') pid = e.pid;
    if (e.event === 'metrics') {
      for (const w of [...counting]) if (w.wanted(e.json)) { counting.delete(w); w.resolve(e.json); }
      return;
    }
    if (e.event === 'message' && e.type === NOTICE) {
      notices.push(e.json);
      for (const w of [...noticed]) if (w.wanted(e.json)) { noticed.splice(noticed.indexOf(w), 1); w.resolve(e.json); }
    }
    if (e.event === 'message' && open.has(e.request)) {
      const request = open.get(e.request);
      request.parts.push(e);
      if (!(e.flags & MORE)) {
        open.delete(e.request);
        request.resolve(request.parts);
      }
      return;
    }
    events.push(e);
    for (const w of [...waiting]) if (w.wanted(e)) { waiting.splice(waiting.indexOf(w), 1); w.resolve(e); }
  });
  say({ do: 'start', command: join(build, 'bin/teleloire-api'), config, index });
  const api = {
    notices,
    log: () => log,
    heard,
    // The first NOTICE, come or still to come, that satisfies the test.
    notice: (wanted, seconds = 15) => new Promise((resolve, reject) => {
      const found = notices.find(wanted);
      if (found) return resolve(found);
      const timer = setTimeout(() => reject(new Error(`no such notice in ${seconds} s`)), seconds * 1000);
      noticed.push({ wanted, resolve: (n) => { clearTimeout(timer); resolve(n); } });
    }),
    // The next of the numbers it tells its supervisor each second that satisfy the test.
    numbers: (wanted, seconds = 20) => new Promise((resolve, reject) => {
      let last;
      const waiter = { wanted: (n) => { last = n; return wanted(n); }, resolve: (n) => { clearTimeout(timer); resolve(n); } };
      const timer = setTimeout(() => { counting.delete(waiter); reject(new Error(`no such numbers in ${seconds} s, last ${JSON.stringify(last)}; log:\n${log}`)); }, seconds * 1000);
      counting.add(waiter);
    }),
    get pid() { return pid; },
    // One message and its answer, {json, raw, error}.
    ask(type, json, raw, seconds = 20) {
      const request = next++;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no answer in ${seconds} s; log:\n${log}`)), seconds * 1000);
        open.set(request, {
          parts: [],
          resolve(parts) {
            clearTimeout(timer);
            const [first] = parts;
            resolve({ json: first.json, error: first.flags & ERROR ? first.json.error : null,
              raw: Buffer.concat(parts.map((p) => Buffer.from(p.raw, 'base64url'))) });
          },
        });
        say({ do: 'send', type, request, json, ...(raw && { raw: Buffer.from(raw).toString('base64url') }) });
      });
    },
    send: (type, json, request = 0, raw) => say({ do: 'send', type, request, json, ...(raw && { raw: Buffer.from(raw).toString('base64url') }) }),
    browser: (headers) => new Browser(api, headers),
    signal: (signal) => say({ do: 'signal', signal }),
    async stop() {
      say({ do: 'stop' });
      const exit = await heard((e) => e.event === 'exit');
      child.stdin.end();
      await once(child, 'exit');
      return exit;
    },
    async end() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
  await heard((e) => e.event === 'ready' || e.event === 'exit' || (e.event === 'message' && e.type === 0x0183));
  return api;
}

export class Browser {
  constructor(api, headers = {}) {
    this.api = api;
    this.headers = headers;
    this.cookies = new Map();
    this.csrf = null;
    this.peer = '192.0.2.1';
  }
  async call(method, target, body, headers = {}) {
    const [path, query = ''] = target.split('?');
    const all = { 'accept-language': 'fr', ...this.headers };
    if (this.cookies.size) all.cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
    if (this.csrf && method !== 'GET') all['x-teleloire-csrf'] = this.csrf;
    let raw;
    if (Buffer.isBuffer(body)) raw = body;
    else if (body !== undefined) { raw = Buffer.from(JSON.stringify(body)); all['content-type'] = 'application/json'; }
    Object.assign(all, headers);
    for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
    const answer = await this.api.ask(HTTP_REQUEST, { method, path, query, peer: this.peer, headers: all, length: raw ? raw.length : -1 }, raw);
    if (answer.error) return { channelError: answer.error };
    const { status, headers: got } = answer.json;
    for (const cookie of got['set-cookie'] ?? []) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      if (value) this.cookies.set(name, value); else this.cookies.delete(name);
    }
    const type = got['content-type'] ?? '';
    return { status, headers: got, raw: answer.raw, body: /json/.test(type) ? JSON.parse(answer.raw) : undefined };
  }
  get(target, headers) { return this.call('GET', target, undefined, headers); }
  post(target, body = {}, headers) { return this.call('POST', target, body, headers); }
  patch(target, body, headers) { return this.call('PATCH', target, body, headers); }
  delete(target, headers) { return this.call('DELETE', target, undefined, headers); }
}

// What only the courier can do: open an outbox payload (base/seal.h, the public-key form).
export function unseal(privateHex, publicHex, context, sealed) {
  const der = (prefix, hex) => Buffer.concat([Buffer.from(prefix, 'hex'), Buffer.from(hex, 'hex')]);
  const privateKey = createPrivateKey({ key: der('302e020100300506032b656e04220420', privateHex), format: 'der', type: 'pkcs8' });
  const ephemeral = sealed.subarray(1, 33);
  const publicKey = createPublicKey({ key: der('302a300506032b656e032100', ephemeral.toString('hex')), format: 'der', type: 'spki' });
  const shared = diffieHellman({ privateKey, publicKey });
  const salt = Buffer.concat([ephemeral, Buffer.from(publicHex, 'hex')]);
  const key = Buffer.from(hkdfSync('sha256', shared, salt, 'teleloire seal 1', 32));
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(33, 45));
  cipher.setAAD(Buffer.from(context));
  cipher.setAuthTag(sealed.subarray(-16));
  return JSON.parse(Buffer.concat([cipher.update(sealed.subarray(45, -16)), cipher.final()]));
}
