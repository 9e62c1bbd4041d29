// The access line of one person, whatever the number of their connections: loss by nftables, a narrow
// way up by htb with half a second of queue before it, on the loopback of the bench's own network.
import { execFileSync } from "node:child_process";
import { ownNetwork } from "../e2e/support/line.mjs";

const run = (command, words, input) => execFileSync(command, words, { input, stdio: ["pipe", "pipe", "pipe"] });
const ROOT = ["dev", "lo", "parent", "1:", "classid", "1:10"], WIDE = "1gbit", QUEUE_MS = 500;

export class Access {
  constructor(ports) {
    if (!ownNetwork()) throw new Error("not in a network of its own: run it through ./bench");
    this.ports = `{ ${ports.join(", ")} }`;
    run("ip", ["link", "set", "lo", "gso_max_segs", "1"]); // loss and queue hit packets, not runs
    this.end();
    run("tc", ["qdisc", "add", "dev", "lo", "root", "handle", "1:", "htb"]);
    run("tc", ["class", "add", ...ROOT, "htb", "rate", WIDE, "burst", "20000"]);
    run("tc", ["qdisc", "add", "dev", "lo", "parent", "1:10", "handle", "100:", "bfifo", "limit", "1000000"]);
    run("nft", ["-f", "-"], `table ip access { chain rate { type filter hook output priority 0; }; chain loss { type filter hook input priority 0; }; }\n`);
    run("nft", ["add", "rule", "ip", "access", "rate", "udp", "sport", this.ports, "meta", "priority", "set", "1:10"]);
  }
  /** Percent of packets, each way. */
  loss(percent) {
    run("nft", ["flush", "chain", "ip", "access", "loss"]);
    for (const way of percent ? ["sport", "dport"] : [])
      run("nft", ["add", "rule", "ip", "access", "loss", "udp", way, this.ports, "numgen", "random", "mod", "1000", "<", `${percent * 10}`, "drop"]);
  }
  /** kbit/s up; null for as wide as it was. */
  up(kbps) {
    run("tc", ["class", "change", ...ROOT, "htb", "rate", kbps ? `${kbps}kbit` : WIDE, "burst", kbps ? "3200" : "20000", "cburst", "3200"]);
    run("tc", ["qdisc", "change", "dev", "lo", "parent", "1:10", "handle", "100:", "bfifo", "limit", `${kbps ? kbps * QUEUE_MS / 8 : 1000000}`]);
  }
  end() {
    for (const words of [["nft", "delete", "table", "ip", "access"], ["tc", "qdisc", "del", "dev", "lo", "root"]])
      try { run(words[0], words.slice(1)); } catch { /* none yet */ }
  }
}
