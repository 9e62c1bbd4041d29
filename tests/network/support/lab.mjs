// A network with a server's host on one side and the browsers' on the other, and a firewall before
// the browsers. The test's process is in the browsers' network, which scripts/check/own_network.sh
// made for it and which ends with it; the server's is made here.
//
// What the test itself asks over HTTP comes from 203.0.113.3, which no firewall stops.
// Addresses of documentation, since Chromium takes no candidate of a private address on port 443.
//
//     browsers  203.0.113.2, 2001:db8:78::2  ── near ═ firewall ═ far ──  203.0.113.1, 2001:db8:78::1  server
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Server, until } from "../../e2e/support/server.mjs";

export const ip4 = "203.0.113.1", ip6 = "2001:db8:78::1", name = "clinique.example", proxyPort = 8888;

const sh = (command, input) => execFileSync("sh", ["-ec", command], { input, stdio: ["pipe", "pipe", "inherit"] }).toString();

/** False where namespaces are forbidden: nothing here may touch a network that others use. */
export const apart = (() => { try { return sh("ip -4 address show dev outside").includes("10.77.0.1/"); } catch { return false; } })();

/** The pair of candidates a page's media goes by. */
export const way = person => person.evaluate(async () => {
  const stats = await window.__teleloire.call.pc.getStats();
  const all = [...stats.values()];
  const transport = all.find(s => s.type === "transport" && s.selectedCandidatePairId);
  const pair = transport ? stats.get(transport.selectedCandidatePairId) : all.find(s => s.type === "candidate-pair" && s.selected);
  const local = stats.get(pair.localCandidateId), remote = stats.get(pair.remoteCandidateId);
  return { local: local.candidateType, relayProtocol: local.relayProtocol ?? null, protocol: remote.protocol ?? local.protocol,
    address: remote.address ?? remote.ip, port: remote.port };
});

export class Lab {
  static async start({ families = [4, 6] } = {}) {
    const lab = new Lab();
    lab.families = families;
    const own = fs.readlinkSync("/proc/self/ns/net");
    lab.holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    await until("the server's network", () => { const its = fs.readlinkSync(`/proc/${lab.holder.pid}/ns/net`); return its !== own; });
    process.on("exit", () => lab.holder.kill("SIGKILL"));
    const four = families.includes(4), six = families.includes(6);
    sh(`ip link delete outside
      ip link add near type veth peer name far netns ${lab.holder.pid}
      ${four ? "ip address add 203.0.113.2/24 dev near; ip address add 203.0.113.3/24 dev near" : ""}
      ${six ? "ip address add 2001:db8:78::2/64 dev near nodad; ip address add 2001:db8:78::3/64 dev near nodad preferred_lft 0" : ""}
      ip link set near up
      ${four ? `ip route add default via ${ip4} onlink dev near` : ""}
      ${six ? `ip -6 route add default via ${ip6} onlink dev near` : ""}`);
    lab.inside(`ip link set lo up
      ${four ? `ip address add ${ip4}/24 dev far` : ""}
      ${six ? `ip address add ${ip6}/64 dev far nodad` : ""}
      ip link set far up`);
    return lab;
  }

  /** For every process of the test, this one too: a name is this address. */
  names(address) {
    const file = path.join(os.tmpdir(), `teleloire-hosts-${process.pid}`);
    fs.writeFileSync(file, `127.0.0.1 localhost\n::1 localhost\n${address} ${name} turn.${name}\n`);
    sh(`mount --bind ${file} /etc/hosts`);
  }

  /** Words before a command that is to run in the server's network. */
  get in_() { return ["nsenter", `--net=/proc/${this.holder.pid}/ns/net`]; }

  inside(script) { return execFileSync(this.in_[0], [this.in_[1], "sh", "-ec", script], { stdio: ["ignore", "pipe", "inherit"] }).toString(); }

  /** What the firewall lets out towards the server: nftables statements, one a line; all else is lost without a word. */
  allow(...statements) {
    sh("nft -f -", `add table inet wall\ndelete table inet wall\ntable inet wall {\n chain out {\n  type filter hook output priority 0; policy drop;\n  oifname lo accept\n  ip saddr 203.0.113.3 accept\n  ip6 saddr 2001:db8:78::3 accept\n  meta l4proto ipv6-icmp accept\n  ${statements.join("\n  ")}\n }\n}\n`);
  }

  /** Counts what arrives from the relays' UDP ports by its mark, from now on; the function tells how many packets of each. */
  countMarks() {
    sh("nft -f -", "table inet marks {\n chain in {\n  type filter hook input priority 0;\n" +
      ["ef", "af41"].map(mark => `  iifname near udp sport { 40000, 40001 } ip dscp ${mark} counter comment "${mark}"\n`).join("") + " }\n}\n");
    return () => Object.fromEntries([...sh("nft list table inet marks").matchAll(/counter packets (\d+) bytes \d+ comment "(\w+)"/g)].map(m => [m[2], Number(m[1])]));
  }

  /** Nor does the server's side hear framed STUN on 443: TLS is all that passes the proxy. */
  tlsOnly() {
    this.inside(`printf 'table inet wall {\\n chain in {\\n type filter hook input priority 0;\\n tcp dport 443 @ih,48,32 0x2112a442 drop\\n }\\n}\\n' | nft -f -`);
  }

  allowAll() { this.allow("accept"); }

  async serve(more = {}) {
    this.server = await Server.start({ in_: this.in_, port: 443, host: name, publicAddresses: [ip4], ...more,
      options: ["--public-name", name, ...(more.options ?? [])] });
    this.server.clientAddress = this.families.includes(4) ? "203.0.113.3" : "2001:db8:78::3";
    return this.server;
  }

  /** An HTTP proxy beside the server that connects to port 443 only, as sites have it. */
  async proxy() {
    const file = path.join(this.server.var, "tinyproxy.conf");
    fs.writeFileSync(file, `Port ${proxyPort}\nListen ${ip4}\nTimeout 600\nMaxClients 100\nConnectPort 443\nLogLevel Connect\nLogFile "${this.server.var}/tinyproxy.log"\nPidFile "${this.server.var}/tinyproxy.pid"\n`);
    this.tinyproxy = spawn(this.in_[0], [this.in_[1], "tinyproxy", "-d", "-c", file], { stdio: "ignore" });
    await until("the proxy listens", () => this.inside(`ss -ltn`).includes(`:${proxyPort} `));
  }

  async stop() {
    this.tinyproxy?.kill("SIGTERM");
    await this.server?.stop();
    this.holder.kill("SIGKILL");
  }
}
