// What a bad line leaves of a sound, in the browser that plays it. Of a tone, not of a voice: Opus
// mends voices by itself, and nothing else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowsers } from "./support/browsers.mjs";
import { Line, ownNetwork } from "./support/line.mjs";
import { startCall } from "./support/scene.mjs";
import { Server, until } from "./support/server.mjs";

const skip = ownNetwork() ? false : "needs a network of its own (scripts/check/own_network.sh)";
let server;
before(async () => { server = await Server.start({ relays: 1 }); }, { timeout: 120_000 });
after(async () => { await closeBrowsers(); await server?.stop(); });

const heard = person => person.evaluate(async () => {
  const sum = { concealed: 0, samples: 0, lost: 0 };
  for (const s of (await window.__teleloire.call.pc.getStats()).values())
    if (s.type === "inbound-rtp" && s.kind === "audio" && s.packetsReceived) {
      sum.concealed += s.concealedSamples - (s.silentConcealedSamples ?? 0);
      sum.samples += s.totalSamplesReceived;
      sum.lost += s.packetsLost;
    }
  return sum;
});

test("Firefox's sound survives a tenth of loss on its way up", { skip, timeout: 180_000 }, async t => {
  const { host, guest, close } = await startCall(server, ["chromium", "firefox"]);
  const line = await Line.of(guest);
  line.loss({ up: 10 });
  await guest.see("its page knows of the loss", () => {
    const { links, you } = window.__teleloire.call;
    return links.value.find(l => l.participant === you.value.participant)?.up?.loss >= 0.02;
  });
  const began = await heard(host);
  const ended = await until("20 s of sound", async () => {
    const now = await heard(host);
    return now.samples - began.samples > 20 * 48_000 && now;
  }, 60_000, 500);
  assert.ok(ended.lost - began.lost > 20, `${ended.lost - began.lost} packets lost`);
  const share = 100 * (ended.concealed - began.concealed) / (ended.samples - began.samples);
  t.diagnostic(`${share.toFixed(2)} % concealed`);
  assert.ok(share < 4, `${share.toFixed(2)} % concealed`); // some 1 %; 9 % where frames go once
  line.loss({});
  await close();
});
