// A whole house that signs in by Pro Santé Connect, with a real provider at its other end, and what a
// test wants to know of it: how an attempt ended in the log, the audit and the numbers.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Server, build, until } from '../e2e/support/server.mjs';
import { House } from './house.mjs';
import { CLIENT, Provider, SECRET, Wanderer } from './psc_provider.mjs';

export const ANNE = '00000000-0000-4000-8000-000000000201', PASSWORD = 'un long mot de passe';
const CLISSON = '00000000-0000-4000-8000-000000000101';

/** Anne, whom Pro Santé Connect knows too. */
export async function addAnne(server) {
  const hash = execFileSync(path.join(build, 'bin/teleloire-api'), ['--hash-password'], { input: `${PASSWORD}\n`, encoding: 'utf8' }).trim();
  await server.sql(`
    insert into structure (id, name, kind, finess, city, departement_code) values ('${CLISSON}', 'MSP de Clisson', 'msp', '440000289', 'Clisson', '44');
    insert into person (id, prefix, given_name, family_name, profession, rpps, email)
      values ('${ANNE}', 'Dr', 'Anne', 'Le Goff', 'Médecin généraliste', '99900000003', 'anne@exemple.fr');
    insert into membership (person_id, structure_id, role) values ('${ANNE}', '${CLISSON}', 'doctor');
    insert into account (person_id, login, password_hash) values ('${ANNE}', 'anne@exemple.fr', '${hash}')`);
}

export class PscHouse {
  static async start() {
    const psc = new PscHouse();
    psc.server = await Server.start({ options: ['--no-demo'] });
    const { server } = psc, read = (name) => fs.readFileSync(path.join(server.var, name));
    try {
      psc.ca = server.authority;
      await addAnne(server);
      fs.writeFileSync(path.join(server.var, 'secrets/psc'), `${SECRET}\n`, { mode: 0o600 });
      psc.home = `https://localhost:${server.port + 12_010}`; // the first house beside a server
      psc.provider = await Provider.start({ certificate: read('certs/server.crt'), key: read('certs/server.key'), ca: psc.ca, home: psc.home });
      psc.house = new House(server, {}, (text) => `${text}
[psc]
issuer = ${psc.provider.issuer}
client_id = ${CLIENT}
client_secret_file = ${server.var}/secrets/psc
ca_file = ${server.var}/certs/authority.crt
`);
      assert.equal(psc.house.port, server.port + 12_010);
      await until('the house serves', async () => (await psc.house.readiness()).ready, 30_000);
    } catch (error) {
      await psc.stop();
      throw error;
    }
    return psc;
  }

  async stop() {
    await this.house?.stop();
    await this.provider?.stop();
    await this.server?.stop();
  }

  /** A browser at an address of its own, so that the door's rates are each one's own. */
  browser() {
    PscHouse.browsers = (PscHouse.browsers ?? 0) + 1;
    return new Wanderer(this.ca, `127.0.${1 + (PscHouse.browsers >> 8)}.${PscHouse.browsers & 255}`);
  }

  /** As far as the redirect back to us, which is given and not followed. */
  async go(browser, page = '/') {
    const answer = await browser.follow(`${this.home}/api/psc/begin?page=${encodeURIComponent(page)}`, (url) => url.startsWith(`${this.home}/api/psc/callback`));
    assert.ok(answer.location, `no way back: ${answer.status} ${answer.text.slice(0, 300)} ${this.provider.failures}`);
    return answer.location;
  }

  async signIn(browser = this.browser(), page = '/') {
    const answer = await browser.ask(await this.go(browser, page));
    assert.deepEqual([answer.status, answer.location], [303, new URL(page, this.home).href], `${this.outcomes().at(-1)} ${this.provider.failures}`);
    browser.csrf = (await browser.ask(`${this.home}/api/me`)).body.csrf;
    return browser;
  }

  post(browser, target, body = '{}', headers = {}) {
    return browser.ask(this.home + target, { method: 'POST', body, headers: { 'content-type': 'application/json', ...(browser.csrf && { 'x-teleloire-csrf': browser.csrf }), ...headers } });
  }

  /** Posts a logout token as a provider does. */
  logout(token, browser = this.browser()) {
    return browser.ask(`${this.home}/api/psc/logout`, { method: 'POST', body: new URLSearchParams({ logout_token: token }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  }

  async isIn(browser) {
    return (await browser.ask(`${this.home}/api/me`)).status === 200;
  }

  outcomes(course = 'sign_in') {
    return this.house.log().filter((line) => line.event === 'api.psc' && line.course === course).map((line) => line.outcome);
  }

  /** The audit's own words of it, oldest first. */
  async audited() {
    return (await this.server.rows("select action from audit where action like 'psc.%' order by at, number")).map((row) => row.action);
  }

  number(course, outcome) {
    return new Promise((resolve, reject) => http.get(`http://127.0.0.1:${this.house.port + 1}/metrics`, { agent: false }, (message) => {
      let text = '';
      message.on('data', (piece) => { text += piece; });
      message.on('end', () => resolve(text.split('\n').filter((line) => line.startsWith('teleloire_api_psc_total{') && line.includes(`course="${course}"`) && line.includes(`outcome="${outcome}"`))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)));
    }).on('error', reject));
  }

  /** What `act` does ends so: in the log, in the audit and in the numbers, once each. */
  async ends(course, outcome, act) {
    const word = outcome === 'good' ? `psc.${course}` : `psc.${course}_${outcome}`;
    const [logged, audited] = [this.outcomes(course).length, (await this.audited()).length];
    const answer = await act();
    await until(`an outcome in the log`, () => this.outcomes(course).length > logged, 5000);
    assert.deepEqual(this.outcomes(course).slice(logged), [outcome], 'the log');
    assert.deepEqual((await this.audited()).slice(audited), [word], 'the audit');
    const all = this.outcomes(course).filter((one) => one === outcome).length;
    await until(`${all} ${course} ${outcome} in the numbers`, async () => (await this.number(course, outcome)) === all, 8000);
    return answer;
  }

  /** A sign-in that must fail; the browser learns one of four words and has no session. */
  async fails(outcome, word, browser, act) {
    const answer = await this.ends('sign_in', outcome, act);
    assert.equal(answer.status, 303, answer.text);
    const there = new URL(answer.location);
    assert.deepEqual([there.origin + there.pathname, there.searchParams.get('psc')], [`${this.home}/connexion`, word]);
    assert.ok(!(answer.headers['set-cookie'] ?? []).some((line) => line.startsWith('__Host-teleloire=')), 'no session');
    assert.equal(await this.isIn(browser), false);
    return answer;
  }
}
