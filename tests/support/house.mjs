// A second house beside a server of ./run: the real supervisor and the real roles, on ports and a
// state of its own and the first one's database, with some roles replaced by other programs.
//
//     const house = new House(server, { examiner: '/bin/false' });
//     house.log() // the supervisor's and the roles' lines, read
//     await house.stop();

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { build } from '../e2e/support/server.mjs';

let houses = 0;

export class House {
  /** edit: changes the text of the configuration; given it and the folder. */
  constructor(server, replaced = {}, edit = (text) => text, env = {}) {
    const number = ++houses;
    this.folder = path.join(server.var, `house-${number}`);
    this.port = server.port + 12_000 + 10 * number; // away from those other servers are given
    this.bin = path.join(this.folder, 'bin');
    fs.mkdirSync(path.join(this.folder, 'journal'), { recursive: true });
    fs.mkdirSync(this.bin);
    // The roles are looked for beside the command, wherever a link to it leads: a copy.
    fs.copyFileSync(path.join(build, 'bin/teleloire'), path.join(this.bin, 'teleloire'));
    for (const role of ['door', 'api', 'relay', 'courier', 'examiner']) this.replace(role, replaced[role]);
    const config = fs.readFileSync(path.join(server.var, 'config.ini'), 'utf8')
      .replace(/^port = .*/m, `port = ${this.port}`).replace(/^metrics_port = .*/m, `metrics_port = ${this.port + 1}`)
      .replace(/^(udp|tcp)_port = .*/gm, `$1_port = ${this.port + 2}`)
      .replace(/^state_dir = .*/m, `state_dir = ${this.folder}`).replace(/^journal_dir = .*/m, `journal_dir = ${this.folder}/journal`);
    this.config = path.join(this.folder, 'config.ini');
    fs.writeFileSync(this.config, edit(config, this.folder));
    const log = fs.openSync(path.join(this.folder, 'log'), 'a');
    this.child = spawn(path.join(this.bin, 'teleloire'), ['run', '--config', this.config], { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
    fs.closeSync(log);
    this.ended = once(this.child, 'exit');
  }

  /** program: what runs in the role's place from its next start on; none: the role itself. */
  replace(role, program = path.join(build, `bin/teleloire-${role}`)) {
    const place = path.join(this.bin, `teleloire-${role}`);
    fs.rmSync(place, { force: true });
    fs.symlinkSync(program, place);
  }

  log() {
    return fs.readFileSync(path.join(this.folder, 'log'), 'utf8').split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line));
  }

  /** {status, ...what it says}; status 0: no door listens to anybody. */
  readiness() {
    return new Promise((resolve) => http.get(`http://127.0.0.1:${this.port + 1}/readyz`, { agent: false, timeout: 5000 }, (message) => {
      let text = '';
      message.on('data', (piece) => { text += piece; });
      message.on('end', () => resolve({ status: message.statusCode, ...JSON.parse(text) }));
    }).on('error', () => resolve({ status: 0 })));
  }

  async stop() {
    this.child.kill('SIGTERM');
    const [code] = await this.ended;
    return code;
  }
}
