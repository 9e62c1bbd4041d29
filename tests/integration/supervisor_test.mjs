// The real supervisor with a role that does not do its part: one that never says it is ready, one
// that ends at once. What the house says of itself, and how often it tries again.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Server, until } from '../e2e/support/server.mjs';
import { House } from '../support/house.mjs';

let server, mute;

before(async () => {
  server = await Server.start({ options: ['--no-demo'] });
  mute = path.join(server.var, 'mute');
  fs.writeFileSync(mute, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
}, { timeout: 120_000 });

after(() => server?.stop());

const whole = { status: 200, ready: true, database: true, api: { interactive: 2, heavy: 1, password: 1 }, relays: 2, examiner: true, courier: true, journal_events: 0, warnings: [] };

// What /readyz says when only one role is missing.
const without = {
  relay: { relays: 0 },
  courier: { courier: false },
  examiner: { examiner: false },
  api: { database: false, api: { interactive: 0, heavy: 0, password: 0 } },
};

test('readyz is true only once every role has said it is ready, its channel being no proof', { timeout: 120_000 }, async () => {
  await Promise.all(Object.entries(without).map(async ([role, missing]) => {
    const house = new House(server, { [role]: mute });
    try {
      const lacking = { ...whole, status: 503, ready: false, ...missing };
      // The others are there: from then on it is the mute one alone that keeps the house waiting.
      await until(`all but ${role}`, async () => {
        const { ready, ...now } = await house.readiness();
        return Object.keys(now).every((key) => JSON.stringify(now[key]) === JSON.stringify(lacking[key]));
      }, 60_000); // four houses start at once
      for (let i = 0; i < 10; i++) {
        assert.deepEqual(await house.readiness(), lacking, role);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(house.log().some((line) => line.event === 'supervisor.started' && line.child === role), 'it runs, and has its channel');
      assert.ok(!house.log().some((line) => line.event === 'supervisor.ready'));
    } finally {
      assert.equal(await house.stop(), 0);
    }
  }));
  const house = new House(server);
  try {
    const first = await until('a house that serves', async () => { const now = await house.readiness(); return now.ready && now; });
    assert.ok(first.relays >= 1 && first.examiner && first.courier && first.database, JSON.stringify(first)); // one of each is enough
    await until('the whole house', async () => {
      assert.deepEqual(await house.readiness(), whole);
      return true;
    });
  } finally {
    await house.stop();
  }
});

test('a role that ends at once again and again is started with growing pauses, bounded, and the house lives on', { timeout: 60_000 }, async () => {
  const PAUSES_MS = [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000], LATE_MS = 700; // a tick of the supervisor, and a busy machine
  const house = new House(server, { examiner: '/bin/false' });
  try {
    const of = (event) => house.log().filter((line) => line.event === `supervisor.${event}` && line.child === 'examiner');
    await until('nine pauses', () => of('started').length > PAUSES_MS.length, 45_000, 200);
    const at = (line) => Date.parse(line.at), starts = of('started'), ends = of('ended');
    const pauses = PAUSES_MS.map((_, i) => at(starts[i + 1]) - at(ends[i]));
    PAUSES_MS.forEach((wanted, i) =>
      assert.ok(pauses[i] >= wanted - 10 && pauses[i] <= wanted + LATE_MS, `pause ${i + 1} of ${pauses}`));
    assert.ok(ends.every((line) => line.code === 1));
    const others = house.log().filter((line) => line.event === 'supervisor.started' && line.child !== 'examiner');
    assert.equal(others.length, 8, 'nobody else was started twice');
    const { status, ...now } = await house.readiness();
    assert.deepEqual({ status, ...now }, { ...whole, status: 503, ready: false, examiner: false });
    house.replace('examiner'); // mended: the next start is the last one
    assert.deepEqual(await until('the whole house', async () => { const seen = await house.readiness(); return seen.ready && seen; }), whole);
  } finally {
    assert.equal(await house.stop(), 0);
  }
});
