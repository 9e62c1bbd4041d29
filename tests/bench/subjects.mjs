// Who is measured: each is started alone, given its participants, and ended.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { RelayDoor, newId, types } from "../support/relay_door.mjs";
import { Lines, Load, SUBJECT_CORE, build } from "./support.mjs";

const pin = pid => execFileSync("taskset", ["-a", "-p", "-c", String(SUBJECT_CORE), String(pid)], { stdio: "ignore" });

// As the pages offer: eight slots for sound and nine for pictures, whoever is there.
const extensions = kind => kind === "audio" ? { mid: 4, audio_level: 1, transport_cc: 3 } : { mid: 4, transport_cc: 3 };
const line = (mid, kind) => ({ mid, kind, opus: kind === "audio" ? 111 : null, red: null, vp8: kind === "video" ? 96 : null, rtx: kind === "video" ? 97 : null, extensions: extensions(kind) });
const receives = [...Array.from({ length: 8 }, (_, i) => line(String(2 + i), "audio")), ...Array.from({ length: 9 }, (_, i) => line(String(10 + i), "video"))];

class Teleloire {
  name = "teleloire";
  async start(shape, port) {
    this.door = await RelayDoor.start(port);
    this.pid = this.door.pid;
    pin(this.pid);
    this.load = await Load.start(shape, port + 100);
    const ids = this.load.participants.map(() => newId()), rooms = this.load.participants.map(() => newId());
    for (const p of this.load.participants) {
      const reply = await this.door.ask(types.PARTICIPANT_OPEN, {
        participant: ids[p.participant], room: rooms[p.room], test: false,
        remote: { ufrag: p.ufrag, pwd: p.pwd, setup: "actpass", fingerprint: { hash: "sha-256", value: p.fingerprint } },
        sends: p.sends ? [{ ...line("0", "audio"), source: "microphone", ssrcs: [p.audio] }, { ...line("1", "video"), source: "camera", ssrcs: [p.video] }] : [],
        receives,
      });
      this.load.remote(p.participant, { ufrag: reply.ice.ufrag, pwd: reply.ice.pwd, fingerprint: reply.fingerprint.value, ip: "127.0.0.1", port });
    }
    for (const p of this.load.participants) {
      const others = this.load.participants.filter(o => o.room === p.room && o !== p && o.sends);
      this.door.tell(types.SLOTS_SET, { participant: ids[p.participant], slots: others.slice(0, 8).flatMap((o, i) => [
        { mid: String(2 + i), from: ids[o.participant], source: "microphone" }, { mid: String(10 + i), from: ids[o.participant], source: "camera" }]) });
    }
    await this.load.connect();
  }
  async stop() { await this.load?.end(); await this.door?.stop(); }
}

class Floor {
  name = "floor";
  async start(shape, port) {
    this.process = new Lines(path.join(build, "tests/relay-floor"), [port, port + 100, shape.participants, shape.group, SUBJECT_CORE].map(String));
    await this.process.next();
    this.pid = this.process.child.pid;
    this.load = await Load.start(shape, port + 100, ["--known-keys", port]);
  }
  async stop() { await this.load?.end(); await this.process?.end(); }
}

export const subjects = { teleloire: Teleloire, floor: Floor };

/** Starts, hands over, ends whatever happens. */
export async function withSubject(name, shape, port, use) {
  const subject = new subjects[name]();
  try {
    await subject.start(shape, port);
    return await use(subject);
  } finally {
    await subject.stop();
  }
}
