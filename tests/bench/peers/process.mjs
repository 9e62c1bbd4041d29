// A peer's daemon as a child of the bench, its words kept for when it fails.
import { spawn } from "node:child_process";
import { putFirst } from "../support.mjs";

export class Daemon {
  constructor(program, args, options = {}) {
    this.said = "";
    this.child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
    if (this.child.pid) putFirst(this.child.pid);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on("data", piece => { this.said = (this.said + piece).slice(-4000); });
    this.ended = new Promise(resolve => {
      this.child.on("exit", code => { this.code = code ?? -1; resolve(); });
      this.child.on("error", error => { this.said += error.message; this.code = -1; resolve(); });
    });
  }
  get pid() { return this.child.pid; }

  /** Until it answers a question of ours, or ends, or ten seconds are over. */
  async answers(ask, what) {
    for (const end = Date.now() + 10_000; Date.now() < end && this.code === undefined;) {
      try { return await ask(); } catch { await new Promise(resolve => setTimeout(resolve, 50)); }
    }
    throw new Error(`${what} does not answer: ${this.said}`);
  }

  async stop() {
    this.child.kill();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 3_000);
    await this.ended;
    clearTimeout(timer);
  }
}
