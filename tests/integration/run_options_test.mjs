// What ./run and the configuration refuse: at once, saying what is wrong, having made nothing.
// Ordinary build only: ./run is a script, no C to sanitize.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, root, Server } from '../e2e/support/server.mjs';

let folder;
before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'teleloire-options-')); });
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function run(...words) {
  const started = process.hrtime.bigint();
  const { status, stderr, stdout } = spawnSync(path.join(root, 'run'), ['--build-dir', build, '--var', path.join(folder, 'var'), ...words], { encoding: 'utf8', timeout: 20_000 });
  return { status, text: `${stderr}${stdout}`, ms: Number((process.hrtime.bigint() - started) / 1_000_000n) };
}

const wrong = [
  [['--port', '0'], /--port takes a number from 1 to 65535/],
  [['--port', '65536'], /--port takes a number from 1 to 65535/],
  [['--port', '08443'], /--port takes a number/],
  [['--port', '18446744073709551617'], /--port takes a number/],
  [['--port', 'https'], /--port takes a number/],
  [['--port', '65533', '--relays', '2'], /no room .* 2 relays: 65532 is the highest/],
  [['--port', '65535', '--relays', '1'], /no room .* 1 relays: 65533 is the highest/],
  [['--port', '65472', '--relays', '64'], /65470 is the highest/],
  [['--port'], /--port takes a value/],
  [['--public-address', '--no-demo'], /--public-address takes a value/],
  [['--relays', '0'], /--relays takes a number from 1 to 64/],
  [['--relays', '65'], /--relays takes a number from 1 to 64/],
  ...['localhost', 'gateway.example.org', '192.0.2.256', '192.0.2', '192.0.2.010', '1.2.3.4.5', '192.0.2.10:8443', '2001:db8:::1', '2001:db8::1::2', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', ':1:2:3:4:5:6:7', '12345::', '::192.0.2.256', 'fe80::1%eth0']
    .map((address) => [['--public-address', address], new RegExp(`--public-address takes addresses as numbers .*not: ${address.replace(/[.%]/g, '\\$&')}`)]),
  [['--public-address', '127.0.0.1,gateway'], /not: gateway/],
  [['--public-address', '0.0.0.0'], /nobody's/],
  [['--public-address', '::'], /nobody's/],
  [['--public-address', Array.from({ length: 9 }, (_, i) => `192.0.2.${i}`).join(',')], /1 to 8 addresses/],
  [['--public-name', 'two words'], /--public-name takes a host name/],
  [['--public-name', 'a;rm'], /--public-name takes a host name/],
  [['--public-name', '-a.example'], /--public-name takes a host name/],
  [['--frobnicate'], /unknown option: --frobnicate/],
];

test('./run refuses an option it cannot keep in under a second, saying why, and makes nothing', () => {
  for (const [words, why] of wrong) {
    const { status, text, ms } = run(...words);
    assert.equal(status, 1, `${words}: ${text}`);
    assert.match(text.trimEnd().split('\n').at(-1), why, `${words}`);
    assert.ok(ms < 1000, `${words}: ${ms} ms`);
  }
  const { status, text, ms } = run('--build-dir', folder); // the last one given counts
  assert.equal(status, 1);
  assert.match(text, /holds no bin\/teleloire/);
  assert.ok(ms < 1000);
  assert.deepEqual(fs.readdirSync(folder), [], 'nothing was made');
});

test('./run takes every form of address, and the highest port there is room for', { timeout: 120_000 }, async () => {
  // `stop` checks the same options, and then finds nothing to stop.
  for (const address of ['192.0.2.10', '::1', '2001:db8::', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.10', '1:2:3:4:5:6:192.0.2.10', '127.0.0.1,2001:DB8::1'])
    assert.match(run('stop', '--public-address', address).text, /Not running/, address);
  const server = await Server.start({ port: 65_532, relays: 2, options: ['--no-demo'] });
  try {
    assert.equal(server.pids('relay').length, 2);
    assert.match(fs.readFileSync(path.join(server.var, 'config.ini'), 'utf8'), /^tcp_port = 65534$/m);
  } finally {
    await server.stop();
  }
});

test('a configuration with a name for an address, or a port past the last, does not start', () => {
  const config = path.join(folder, 'config.ini');
  const check = (text) => {
    fs.writeFileSync(config, text);
    const { status, stderr } = spawnSync(path.join(build, 'bin/teleloire'), ['run', '--config', config], { encoding: 'utf8', timeout: 20_000 });
    return [status, stderr.trim()];
  };
  assert.deepEqual(check('[server]\npublic_address = gateway\n'), [1, `teleloire: ${config} line 2: [server] public_address is not a list of 1 to 8 addresses in numbers that clients can reach`]);
  assert.deepEqual(check('[relay]\nudp_port = 65535\nprocesses = 2\n'), [1, `teleloire: ${config}: [relay] udp_port 65535 leaves no port for 2 relays: 65534 is the highest`]);
  fs.rmSync(config);
});
