// A certified OpenID provider (oidc-provider) that issues the claims of Pro Santé Connect, on loopback
// under TLS, behind a small proxy in which a test can make it slow, silent, dishonest or another.
//
//     const provider = await Provider.start({ certificate, key, ca, secret, home });
//     provider.account = 'anne';            // who signs in there, at once; null: they decline
//     provider.change.token = (answer) => …  // {status, headers, body} on its way out
//     await provider.rotate();               // new keys, the old ones gone

import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import OidcProvider from 'oidc-provider';

export const CLIENT = 'teleloire-under-test', SECRET = 'le secret d-un service/ca+passe&par=la:50%';
const PREFIX = '/auth/realms/esante-wallet';

// What Pro Santé Connect says of a professional: the IDNPS is "8" and an RPPS.
const person = (idnps, given_name, family_name) => ({
  SubjectNameID: idnps, given_name, family_name, preferred_username: idnps,
  SubjectRefPro: { codeCivilite: 'M', exercices: [{ codeProfession: '10', codeCategorieProfessionnelle: 'C', activities: [] }] },
});
export const PEOPLE = {
  anne: person('899900000003', 'Anne', 'LE GOFF'),
  stranger: person('899900000011', 'Inconnue', 'AU BATAILLON'),
  adeli: person('0440000001', 'Sans', 'RPPS'),
};

class Memory {
  static all = new Map();
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload) { Memory.all.set(this.key(id), payload); }
  async find(id) { return Memory.all.get(this.key(id)); }
  async findByUid(uid) { return [...Memory.all].find(([key, p]) => key.startsWith(`${this.name}:`) && p.uid === uid)?.[1]; }
  async findByUserCode() { return undefined; }
  async destroy(id) { Memory.all.delete(this.key(id)); }
  async consume(id) { const p = Memory.all.get(this.key(id)); if (p) p.consumed = Math.floor(Date.now() / 1000); }
  async revokeByGrantId(grant) { for (const [key, p] of Memory.all) if (p.grantId === grant) Memory.all.delete(key); }
}

export const makeKey = (kid = randomUUID()) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, publicKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' } };
};

const steps = { '/.well-known/openid-configuration': 'discovery', '/jwks': 'keys', '/token': 'token', '/me': 'person', '/auth': 'auth', '/session/end': 'leave' };
const listen = (server, port = 0) => new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server.address().port)));

export class Provider {
  static async start({ certificate, key, ca, home, client = {}, port }) {
    const provider = new Provider();
    Object.assign(provider, { ca, home, client, account: 'anne', change: {}, before: {}, asked: {}, sockets: new Set() });
    provider.front = https.createServer({ cert: certificate, key, minVersion: 'TLSv1.2' }, (req, res) => provider.pass(req, res));
    provider.front.on('connection', (socket) => { provider.sockets.add(socket); socket.on('close', () => provider.sockets.delete(socket)); });
    provider.port = await listen(provider.front, port);
    provider.origin = `https://localhost:${provider.port}`;
    provider.issuer = provider.origin + PREFIX;
    provider.inner = http.createServer((req, res) => provider.serve(req, res));
    provider.innerPort = await listen(provider.inner);
    await provider.rotate();
    return provider;
  }

  /** New signing keys; sessions and codes stay. */
  async rotate() {
    this.key = makeKey();
    const { home } = this;
    const oidc = new OidcProvider(this.issuer, {
      adapter: Memory,
      jwks: { keys: [this.key.jwk] },
      cookies: { keys: [randomBytes(16).toString('hex')] },
      clients: [{
        client_id: CLIENT, client_secret: SECRET, redirect_uris: [`${home}/api/psc/callback`],
        post_logout_redirect_uris: [`${home}/connexion`], response_types: ['code'], grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic', backchannel_logout_uri: `${home}/api/psc/logout`,
        backchannel_logout_session_required: true, ...this.client,
      }],
      scopes: ['openid', 'scope_all'],
      claims: { openid: ['sub'], scope_all: Object.keys(PEOPLE.anne), acr: null, sid: null, iss: null, auth_time: null },
      acrValues: ['eidas1'],
      pkce: { methods: ['S256'], required: () => true },
      features: {
        devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, jwtUserinfo: { enabled: true },
        rpInitiatedLogout: {
          enabled: true,
          logoutSource: (ctx, form) => { ctx.body = `<!doctype html>${form}<script>const f=document.forms[0],l=document.createElement('input');l.name='logout';l.value='yes';f.append(l);f.submit()</script>`; },
        },
      },
      interactions: { url: (ctx, interaction) => `${PREFIX}/interaction/${interaction.uid}` },
      findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope('openid scope_all');
        await grant.save();
        return grant;
      },
      httpOptions: () => ({ agent: new https.Agent({ ca: this.ca }), timeout: 5000 }),
      ttl: { Session: 3600, Grant: 3600, Interaction: 600, AccessToken: 300, IdToken: 300, AuthorizationCode: 60 },
    });
    oidc.proxy = true;
    this.failures = [];
    for (const event of ['server_error', 'authorization.error', 'grant.error', 'backchannel.error', 'userinfo.error'])
      oidc.on(event, (...words) => this.failures.push(`${event}: ${words.map((w) => w?.error_description ?? w?.message ?? '').join(' ')}`));
    this.oidc = oidc;
    this.callback = oidc.callback();
  }

  async serve(req, res) {
    req.originalUrl = req.url;
    req.url = req.url.slice(PREFIX.length) || '/';
    if (!req.url.startsWith('/interaction/')) return this.callback(req, res);
    try {
      const { prompt } = await this.oidc.interactionDetails(req, res);
      const result = this.account === null ? { error: 'access_denied', error_description: 'declined' }
        : prompt.name === 'login' ? { login: { accountId: this.account, acr: this.acr ?? 'eidas1' } } : { consent: {} };
      return await this.oidc.interactionFinished(req, res, result, { mergeWithLastSubmission: true });
    } catch (error) {
      this.failures.push(`interaction: ${error.message}`);
      res.writeHead(500).end(error.message);
    }
  }

  async pass(req, res) {
    const path = new URL(req.url, this.origin).pathname;
    const step = steps[path.slice(PREFIX.length)];
    const pieces = [];
    for await (const piece of req) pieces.push(piece);
    const body = Buffer.concat(pieces);
    (this.asked[step] ??= []).push({ method: req.method, url: req.url, headers: req.headers, body: `${body}` });
    if (this.before[step] && await this.before[step](req, res, `${body}`)) return;
    const headers = { ...req.headers, 'x-forwarded-proto': 'https', 'x-forwarded-host': `localhost:${this.port}` };
    const inner = http.request({ host: '127.0.0.1', port: this.innerPort, method: req.method, path: req.url, headers }, async (answer) => {
      const got = [];
      for await (const piece of answer) got.push(piece);
      let out = { status: answer.statusCode, headers: { ...answer.headers }, body: Buffer.concat(got) };
      delete out.headers['transfer-encoding'];
      delete out.headers['content-length'];
      try { out = await this.change[step]?.(out) ?? out; } catch (error) { this.failures.push(`change: ${error.stack}`); }
      res.writeHead(out.status, { ...out.headers, 'content-length': Buffer.byteLength(out.body) }).end(out.body);
    });
    inner.on('error', (error) => res.destroy(error));
    inner.end(body);
  }

  /** As before a test that changed it. */
  reset() {
    Object.assign(this, { account: 'anne', change: {}, before: {}, acr: undefined, asked: {}, failures: [] });
  }

  /** Nobody answers at its address any more; start again with the same port. */
  async stop() {
    const ends = [this.front, this.inner].map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.sockets) socket.destroy();
    this.inner.closeAllConnections();
    await Promise.all(ends);
  }
}

/** A browser without pages: cookies by host and port, redirects one by one. */
export class Wanderer {
  constructor(ca, address) { Object.assign(this, { ca, address, jars: new Map(), csrf: null }); }

  jar(url) {
    const { host } = new URL(url);
    if (!this.jars.has(host)) this.jars.set(host, new Map());
    return this.jars.get(host);
  }

  ask(url, { method = 'GET', body, headers = {} } = {}) {
    const jar = this.jar(url), target = new URL(url);
    const all = { 'accept-language': 'fr', ...(jar.size && { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') }), ...headers };
    if (body !== undefined) all['content-length'] = Buffer.byteLength(body);
    return new Promise((resolve, reject) => {
      const request = https.request(target, { method, headers: all, ca: this.ca, servername: 'localhost', localAddress: this.address, agent: false }, (message) => {
        const pieces = [];
        message.on('data', (piece) => pieces.push(piece));
        message.on('end', () => {
          for (const line of message.headers['set-cookie'] ?? []) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            if (value && !/max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line)) jar.set(name, value); else jar.delete(name);
          }
          const text = `${Buffer.concat(pieces)}`;
          resolve({ status: message.statusCode, headers: message.headers, text, url: `${url}`,
            location: message.headers.location && new URL(message.headers.location, url).href,
            get body() { return JSON.parse(text); } });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Follows until `stop` of an address is true, or there is nothing to follow. */
  async follow(url, stop = () => false) {
    for (let hops = 0; hops < 12; hops++) {
      const answer = await this.ask(url);
      if (!answer.location || stop(answer.location)) return answer;
      url = answer.location;
    }
    throw new Error('too many redirects');
  }
}
