// A second network, so many milliseconds away from the bench's own: what is started there by `in_` is
// reached at `address`, over TUN interfaces and a program that holds every packet back.
import { execFileSync, spawn } from "node:child_process";
import path from "node:path";
import { once } from "node:events";
import { Lines, build } from "./support.mjs";

const NEAR = "10.79.0.1", FAR = "10.79.0.2";

export class FarNetwork {
  address = FAR;
  static async start(oneWayMs) {
    const far = new FarNetwork();
    far.keeper = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec sleep infinity"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(far.keeper.stdout, "data");
    far.line = new Lines(path.join(build, "tests/delay-line"), [String(oneWayMs), "near", "far"]);
    await far.line.next();
    const ip = (...words) => execFileSync("ip", words);
    ip("link", "set", "far", "netns", String(far.keeper.pid));
    ip("address", "add", `${NEAR}/24`, "dev", "near");
    ip("link", "set", "near", "up");
    far.in_ = ["nsenter", `--net=/proc/${far.keeper.pid}/ns/net`];
    const there = (...words) => execFileSync(far.in_[0], [...far.in_.slice(1), "ip", ...words]);
    there("address", "add", `${FAR}/24`, "dev", "far");
    there("link", "set", "far", "up");
    there("route", "add", "default", "via", NEAR);
    return far;
  }
  async stop() {
    await this.line.end();
    this.keeper.kill();
  }
}
