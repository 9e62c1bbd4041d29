// A native participant (teleloire-seat) as a child process: its events, its commands.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import readline from "node:readline";

const root = fileURLToPath(new URL("../..", import.meta.url));
const build = path.resolve(process.env.TL_BUILD ?? process.env.TELELOIRE_BUILD ?? path.join(root, "build/dev"));

export class NativeSeat {
  // args: what follows the mode on the command line.
  constructor(mode, args = []) {
    this.events = [];
    this.waiters = [];
    this.child = spawn(path.join(build, "bin/teleloire-seat"), [mode, ...args.map(String)], { stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise(resolve => this.child.on("close", resolve));
    this.child.stdin.on("error", () => {}); // it ended by itself
    readline.createInterface({ input: this.child.stdout }).on("line", line => {
      const event = JSON.parse(line);
      this.events.push(event);
      this.waiters = this.waiters.filter(waiter => !waiter(event));
    });
  }

  // The first event, past or to come (fresh: only to come), that wanted takes.
  next(wanted, what, ms = 15_000, fresh = false) {
    const past = fresh ? undefined : this.events.find(wanted);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${what} in ${ms} ms; last: ${JSON.stringify(this.events.slice(-3))}`)), ms);
      this.waiters.push(event => {
        if (!wanted(event)) return false;
        clearTimeout(timer);
        resolve(event);
        return true;
      });
    });
  }

  event(name, ms, fresh) { return this.next(e => e.event === name, name, ms, fresh); }
  message(type, ms, fresh) { return this.next(e => e.event === "message" && e.message.type === type, `message ${type}`, ms, fresh).then(e => e.message); }
  // Somebody of this identity is heard (tone) or seen (pattern that moves) from now on.
  heard(identity, ms = 15_000) { return this.next(e => e.event === "heard" && e.slots.some(s => s.identity === identity && s.silent_ms < 1000), `sound of ${identity}`, ms, true); }
  seen(identity, ms = 15_000) { return this.next(e => e.event === "seen" && e.slots.some(s => s.identity === identity && s.silent_ms < 1000 && s.moved > 5), `picture of ${identity}`, ms, true); }

  do(what, more = {}) { this.child.stdin.write(`${JSON.stringify({ do: what, ...more })}\n`); }
  // bare mode: as if the server had said so
  receive(message) { this.do("receive", { message }); }

  async stop() {
    if (this.child.exitCode === null) this.do("quit");
    await this.ended;
  }
}
