// Who is measured: each is started alone, given its participants, and ended.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { RelayDoor, newId, types } from "../support/relay_door.mjs";
import { Janus } from "./peers/janus.mjs";
import { Rtpengine } from "./peers/rtpengine.mjs";
import { Lines, Load, SUBJECT_CORE, build, only, putFirst } from "./support.mjs";

export const pin = pid => {
  putFirst(pid);
  execFileSync("taskset", ["-a", "-p", "-c", String(SUBJECT_CORE), String(pid)], { stdio: "ignore" });
};

// The subject's own port is the first of its range, the generator's follow. Below what the kernel gives
// out by itself, and below what the peers are given.
const PORTS = { first: 8_800, last: 28_000, step: 2_400 }, FIRST_OF_LOAD = 100;

// As the pages offer: eight slots for sound and nine for pictures, whoever is there.
const extensions = kind => kind === "audio" ? { mid: 4, audio_level: 1, transport_cc: 3 } : { mid: 4, transport_cc: 3 };
const line = (mid, kind) => ({ mid, kind, opus: kind === "audio" ? 111 : null, red: null, vp8: kind === "video" ? 96 : null, rtx: kind === "video" ? 97 : null, extensions: extensions(kind) });
const receives = [...Array.from({ length: 8 }, (_, i) => line(String(2 + i), "audio")), ...Array.from({ length: 9 }, (_, i) => line(String(10 + i), "video"))];

/** The generator's participants enter a relay whose door is ours; their ids come back. */
export async function enter(door, load, port) {
  const ids = load.participants.map(() => newId()), rooms = load.participants.map(() => newId());
  for (const p of load.participants) {
    const reply = await door.ask(types.PARTICIPANT_OPEN, {
      participant: ids[p.participant], room: rooms[p.room], test: false,
      remote: { ufrag: p.ufrag, pwd: p.pwd, setup: "actpass", fingerprint: { hash: "sha-256", value: p.fingerprint } },
      sends: p.sends ? [{ ...line("0", "audio"), source: "microphone", ssrcs: [p.audio] }, { ...line("1", "video"), source: "camera", ssrcs: [p.video] }] : [],
      receives,
    });
    load.remote(p.participant, { ufrag: reply.ice.ufrag, pwd: reply.ice.pwd, fingerprint: reply.fingerprint.value, ip: "127.0.0.1", port });
  }
  for (const p of load.participants) {
    const others = load.participants.filter(o => o.room === p.room && o !== p && o.sends);
    door.tell(types.SLOTS_SET, { participant: ids[p.participant], slots: others.slice(0, 8).flatMap((o, i) => [
      { mid: String(2 + i), from: ids[o.participant], source: "microphone" }, { mid: String(10 + i), from: ids[o.participant], source: "camera" }]) });
  }
  await load.connect();
  return ids;
}
export const leave = (door, ids) => ids.forEach(participant => door.tell(types.PARTICIPANT_CLOSE, { participant }));

class Teleloire {
  name = "teleloire";
  async start(shape, port) {
    this.door = await RelayDoor.start(port);
    this.pid = this.door.pid;
    pin(this.pid);
    shape.started?.(this.pid);
    this.load = await Load.start(shape, port + FIRST_OF_LOAD);
    await enter(this.door, this.load, port);
  }
  /** Bytes of its memory by purpose, as far as it says. */
  parts() {
    return { rings: this.door.metrics?.gauges?.relay_ring_bytes ?? this.door.metrics?.relay_ring_bytes };
  }
  async stop() { await this.load?.end(); await this.door?.stop(); }
}

class Floor {
  name = "floor";
  pause = 0; // us between two looks at its socket
  async start(shape, port) {
    this.process = new Lines(path.join(build, "tests/relay-floor"), [port, port + FIRST_OF_LOAD, shape.participants, shape.group, SUBJECT_CORE, this.pause].map(String));
    await this.process.next();
    this.pid = this.process.child.pid;
    putFirst(this.pid);
    this.load = await Load.start(shape, port + FIRST_OF_LOAD, ["--known-keys", port]);
  }
  async stop() { await this.load?.end(); await this.process?.end(); }
}

// What waiting a whole millisecond could save, whatever it costs in delay.
class LazyFloor extends Floor {
  name = "lazy-floor";
  pause = 1_000;
}

export const subjects = { teleloire: Teleloire, floor: Floor, "lazy-floor": LazyFloor, janus: Janus, rtpengine: Rtpengine };
export const isFloor = name => name.endsWith("floor");
export const names = Object.keys(subjects).filter(name => !only || only.split(",").includes(name));

/** Why a subject does not do a thing at all; null when it does. */
export const cannot = (name, shape) => subjects[name].cannot?.(shape) ?? null;

let port = PORTS.first;

/** Starts, hands over, ends whatever happens. Each has other ports than the one before, which the
 * kernel may still hold. */
export async function withSubject(name, shape, use) {
  const subject = new subjects[name]();
  port = port + PORTS.step > PORTS.last ? PORTS.first : port + PORTS.step;
  try {
    await subject.start(shape, port);
    return await use(subject);
  } finally {
    await subject.stop();
  }
}
