// A person's access line, made worse on purpose: rate by htb, loss by nftables, on the loopback of
// the network namespace that ./check gives each test file. Nothing leaves that namespace.
import { execFileSync } from "node:child_process";

const run = (command, words, input) => execFileSync(command, words, { input, stdio: ["pipe", "pipe", "pipe"] });
let begun = false;
const classes = new Map(); // a direction of a line -> its htb class

/** Refuses to touch a network that is the machine's own. */
export function ownNetwork() {
  const names = run("ip", ["-o", "link", "show", "up"]).toString().trim().split("\n").map(l => l.split(": ")[1]);
  return names.every(name => ["lo", "outside", "inside"].includes(name.split("@")[0]));
}

function begin() {
  if (begun) return;
  begun = true;
  if (!ownNetwork()) throw new Error("not in a network of its own: run it through scripts/check/own_network.sh");
  // Runs of datagrams are cut on the way, as a real card does: a queue and a loss hit packets.
  run("ip", ["link", "set", "lo", "gso_max_segs", "1"]);
  // A rate is that of IP datagrams: the loopback's Ethernet headers are on no line.
  run("tc", ["qdisc", "replace", "dev", "lo", "root", "handle", "1:", "stab", "overhead", "-14", "linklayer", "ethernet", "htb"]);
  run("nft", ["-f", "-"], `table ip line { chain rate { type filter hook output priority 0; }; chain loss { type filter hook input priority 0; }; }\n`);
}

/** The local UDP port of each connection of a page that is in a call. */
export function portsOf(person) {
  return person.evaluate(async () => {
    const found = [];
    for (const pc of window.__connections.filter(pc => pc.connectionState === "connected")) {
      const stats = [...(await pc.getStats()).values()];
      // Firefox nominates more than one for a moment, and says which of them it uses.
      for (const pair of stats.filter(s => s.type === "candidate-pair" && s.nominated && s.state === "succeeded" && s.selected !== false)) {
        const local = stats.find(s => s.id === pair.localCandidateId);
        if (local?.port) found.push(local.port);
      }
    }
    return [...new Set(found)];
  });
}

export class Line {
  constructor(port) { this.port = port; }

  static async of(person) {
    begin();
    const ports = await portsOf(person);
    if (ports.length !== 1) throw new Error(`one connection expected: ${ports}`);
    return new Line(ports[0]);
  }

  /** The line of everybody who talks to one UDP port of a server: as `of`, seen from there. */
  static towards(port) {
    begin();
    return new Line(port);
  }

  #class(direction) {
    const key = `${direction} ${this.port}`;
    if (!classes.has(key)) {
      const number = 10 + classes.size;
      classes.set(key, number);
      run("tc", ["class", "add", "dev", "lo", "parent", "1:", "classid", `1:${number}`, "htb", "rate", "1gbit", "burst", "20000"]);
      run("tc", ["qdisc", "add", "dev", "lo", "parent", `1:${number}`, "handle", `${number}0:`, "bfifo", "limit", "1000000"]);
      run("nft", ["add", "rule", "ip", "line", "rate", "udp", direction === "down" ? "dport" : "sport", `${this.port}`,
        "meta", "priority", "set", `1:${number}`]);
    }
    return classes.get(key);
  }

  /** kbit/s each way; a queue of half a second before it, as home routers have. A line passes one packet after the
   *  other: of a burst only what 2 ms carry goes at once, or a short burst would find a faster line than there is. */
  rate({ down, up }) {
    for (const [direction, kbps] of Object.entries({ down, up })) {
      if (kbps === undefined) continue;
      const number = this.#class(direction);
      const limit = Math.max(6_000, Math.round(kbps * 500 / 8));
      const burst = Math.ceil(kbps * 2 / 8);
      run("tc", ["class", "change", "dev", "lo", "parent", "1:", "classid", `1:${number}`, "htb", "rate", `${kbps}kbit`, "burst", `${burst}`, "cburst", `${burst}`]);
      run("tc", ["qdisc", "change", "dev", "lo", "parent", `1:${number}`, "handle", `${number}0:`, "bfifo", "limit", `${limit}`]);
    }
  }

  /** Random loss each way, in percent; 0 ends it. */
  loss({ down = 0, up = 0 }) {
    run("nft", ["flush", "chain", "ip", "line", "loss"]);
    for (const [key, percent] of [["dport", down], ["sport", up]])
      if (percent) run("nft", ["add", "rule", "ip", "line", "loss", "udp", key, `${this.port}`,
        "numgen", "random", "mod", "1000", "<", `${Math.round(percent * 10)}`, "drop"]);
  }

  /** Bytes that stand in the queue towards the person. */
  backlog() {
    const number = classes.get(`down ${this.port}`);
    const shown = run("tc", ["-s", "-j", "qdisc", "show", "dev", "lo"]).toString();
    return JSON.parse(shown).find(q => q.handle === `${number}0:`)?.backlog ?? 0;
  }
}
