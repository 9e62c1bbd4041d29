// The HTTP contract (docs/api.md) as a program uses it: cookies, CSRF, mail as the demo keeps it.
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { codeOf } from "../../support/totp.mjs";
import { until } from "./server.mjs";

export class Client {
  constructor(server) {
    this.server = server;
    this.cookies = new Map();
    this.agent = new https.Agent({ ca: server.authority, keepAlive: false, localAddress: server.clientAddress });
  }

  request(method, where, body, headers = {}) {
    const raw = body === undefined ? null : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const request = https.request(new URL(where, this.server.url), {
        method, agent: this.agent, timeout: 30_000,
        headers: {
          host: `localhost:${this.server.port}`,
          ...(raw ? { "content-type": "application/json", "content-length": raw.length } : {}),
          ...(this.cookies.size ? { cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join("; ") } : {}),
          ...(this.csrf ? { "x-teleloire-csrf": this.csrf } : {}),
          ...(method === "POST" ? { "idempotency-key": randomUUID() } : {}),
          ...headers,
        },
      }, answer => {
        const pieces = [];
        answer.on("data", piece => pieces.push(piece));
        answer.on("end", () => {
          for (const line of answer.headers["set-cookie"] ?? []) {
            const [pair] = line.split(";"), at = pair.indexOf("=");
            this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
          }
          const text = Buffer.concat(pieces);
          const json = /json/.test(answer.headers["content-type"] ?? "") ? JSON.parse(text.toString()) : null;
          resolve({ status: answer.statusCode, headers: answer.headers, body: json ?? text });
        });
      });
      request.once("timeout", () => request.destroy(new Error("timeout")));
      request.once("error", reject);
      request.end(raw ?? undefined);
    });
  }

  async expect(status, method, where, body, headers) {
    const answer = await this.request(method, where, body, headers);
    if (answer.status !== status)
      throw new Error(`${method} ${where}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 400)}, not ${status}`);
    return answer.body;
  }

  async signIn(account) {
    await freshFactor(this.server, account.login);
    let { me } = await this.expect(200, "POST", "/api/sign-in", { login: account.login, password: account.password });
    this.csrf = me.csrf;
    if (me.missing) me = await this.#giveFactor(account.login, me);
    this.csrf = me.csrf;
    this.me = me;
    return me;
  }

  async #giveFactor(login, me) {
    if (me.missing === "enrol") {
      secrets.set(login, (await this.expect(200, "POST", "/api/me/factor/enrol", {})).secret);
      return (await this.expect(200, "POST", "/api/me/factor/confirm", { code: codeOf(secrets.get(login)) })).me;
    }
    return (await this.expect(200, "POST", "/api/me/factor/code", { code: me.demo_code ?? codeOf(secrets.get(login)) })).me;
  }
}
/** The secret a test chose for an account, for later codes. */
export const keepSecret = (login, secret) => secrets.set(login, secret);

/** A test signs in more often than a person: the last code's mark is taken off, so that the same half minute may give another. */
export function freshFactor(server, login) {
  return server.sql(`update account_factor set last_step = 0 where account_id = (select id from account where login = '${login}')`);
}
const secrets = new Map(); // of second factors a test chose

/** The demo's account of a role ("doctor", "secretary" ...), the nth. */
export function account(server, role, nth = 0) {
  const found = server.demo.accounts.filter(a => a.role === role);
  if (!found[nth]) throw new Error(`demo.json has no ${role} number ${nth}`);
  return found[nth];
}

/** Whole messages of a mailbox folder: one being written has a dot before its name, and may be renamed between two looks. */
function delivered(server, mailbox) {
  const folder = path.join(server.var, mailbox);
  return fs.readdirSync(folder).filter(name => !name.startsWith(".")).map(name => path.join(folder, name));
}

/** Texts of the messages in the demo's mailbox to an address, oldest first. */
export function mailTo(server, address) {
  const files = delivered(server, "mailbox").map(file => ({ file, at: fs.statSync(file).mtimeMs }))
    .sort((a, b) => a.at - b.at);
  return files.map(({ file }) => decodeMail(fs.readFileSync(file, "utf8"))).filter(mail => mail.to.includes(address));
}

function decodeWords(text) {
  return text.replace(/\?=\s+=\?/g, "?==?").replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind, data) =>
    kind.toLowerCase() === "b" ? Buffer.from(data, "base64").toString()
      : Buffer.from(data.replace(/_/g, " ").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString());
}

function decodeMail(source) {
  const end = source.search(/\r?\n\r?\n/), head = source.slice(0, end).replace(/\r?\n[ \t]+/g, " ");
  const header = name => decodeWords(new RegExp(`^${name}: (.*)$`, "mi").exec(head)?.[1].trim() ?? "");
  const text = source.slice(end).replace(/=\r?\n/g, "");
  let body = text;
  const base64 = /content-transfer-encoding: base64/i.test(source);
  if (base64) body = text.replace(/((?:[A-Za-z0-9+/]{40,}\r?\n?)+[A-Za-z0-9+/=]*)/g, piece => Buffer.from(piece, "base64").toString());
  else body = Buffer.from(text.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString();
  return { to: header("To"), subject: header("Subject"), id: header("Message-ID"), body };
}

/** The newest visit link and code sent to an address. */
export async function invitation(server, address, ms = 20_000) {
  return until(`an invitation to ${address}`, () => {
    let link = null, code = null;
    for (const mail of mailTo(server, address)) {
      link = /https:\/\/\S+\/visite#[A-Za-z0-9_-]+/.exec(mail.body)?.[0] ?? link;
      code = /(?<![\d-])\d{6}(?![\d-])/.exec(mail.body.replace(/https:\S+/g, ""))?.[0] ?? code;
    }
    for (const file of delivered(server, "sms"))
      code = /(?<!\d)\d{6}(?!\d)/.exec(fs.readFileSync(file, "utf8").replace(/https:\S+/g, ""))?.[0] ?? code;
    return link && { link, code };
  }, ms);
}

/** The newest link to documents sent to an address, and the code that opens it. */
export async function deliveryLink(server, address, ms = 20_000) {
  return until(`documents for ${address}`, () => {
    let link = null, code = null;
    for (const mail of mailTo(server, address)) {
      const found = /https:\/\/\S+\/documents#[A-Za-z0-9_-]+/.exec(mail.body)?.[0];
      if (found && found !== link) { link = found; code = null; }
      if (link) code = /(?<![\d-])\d{6}(?![\d-])/.exec(mail.body.replace(/https:\S+/g, ""))?.[0] ?? code;
    }
    return link && code && { link, code };
  }, ms);
}
