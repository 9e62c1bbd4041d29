// A whole server of a test's own: ./run with its own var/ and port, stopped when the test ends.
import { spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import dgram from "node:dgram";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { dumpOf, leaksIn, metricsOf, patientWords, processesOf, secretsOf, shownBy, writtenBy } from "../../support/leaks.mjs";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const build = process.env.TELELOIRE_BUILD ?? path.join(root, "build/dev");

/** Resolves with what `look` gives once it is neither null nor false; tries again until `ms` have passed. */
export async function until(what, look, ms = 20_000, every = 50) {
  const deadline = Date.now() + ms;
  for (let last; ; ) {
    try {
      const seen = await look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}${last ? ` (${last.message})` : ""}`);
    await new Promise(resolve => setTimeout(resolve, every));
  }
}

function tcpFree(port) {
  return new Promise(resolve => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function udpFree(port) {
  return new Promise(resolve => {
    const socket = dgram.createSocket("udp4");
    socket.once("error", () => resolve(false));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}

// The web port and its neighbour for metrics; as many UDP ports from the same number.
async function freePort() {
  for (let tries = 0; tries < 50; tries++) {
    const port = 21_000 + 10 * Math.floor(Math.random() * 1_100);
    const all = [tcpFree(port), tcpFree(port + 1), udpFree(port), udpFree(port + 1), udpFree(port + 2), udpFree(port + 3)];
    if ((await Promise.all(all)).every(Boolean)) return port;
  }
  throw new Error("no free port");
}

// Firefox pairs no loopback address with its others, so the host's own are offered beside it.
// ./check gives the tests a network of their own, where the only other address is a made-up one.
export const addresses = ["127.0.0.1", ...Object.values(os.networkInterfaces()).flat()
  .filter(a => a.family === "IPv4" && !a.internal).map(a => a.address)].slice(0, 4);

export class Server {
  /** in_: words before the command, to start it in another network; there it has a port and a name of its own.
   *  anew: from nothing, as a newcomer's, and not from the template of template.mjs. */
  static async start({ relays = 2, options = [], in_ = [], port, host = "localhost", publicAddresses = addresses, anew = false } = {}) {
    const server = new Server(), template = process.env.TL_TEMPLATE;
    server.var = fs.mkdtempSync(path.join(os.tmpdir(), "teleloire-e2e-"));
    if (!anew && template && fs.existsSync(template) && !options.includes("--no-demo"))
      fs.cpSync(template, server.var, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    server.port = port ?? await freePort();
    server.url = new URL(`https://${host}:${server.port}`).origin;
    server.in_ = in_;
    server.publicAddresses = publicAddresses;
    await server.launch(relays, options);
    return server;
  }

  async launch(relays, options) {
    const log = fs.openSync(path.join(this.var, "run.log"), "a");
    const args = ["--build-dir", build, "--var", this.var, "--port", `${this.port}`,
                  "--public-address", this.publicAddresses.join(","), "--relays", `${relays}`, ...options];
    const [command, ...words] = [...this.in_, path.join(root, "run"), ...args];
    this.child = spawn(command, words, { stdio: ["ignore", log, log], detached: true });
    fs.closeSync(log);
    this.ended = new Promise(resolve => this.child.once("exit", code => resolve(code)));
    let gone = false;
    this.ended.then(() => (gone = true));
    // Whatever ends this process takes the server with it.
    this.atExit = () => { try { this.child.kill("SIGTERM"); } catch { /* gone */ } };
    process.on("exit", this.atExit);
    await until("the server is ready", () => {
      if (gone) throw new Error("./run ended");
      return fs.existsSync(path.join(this.var, "ready"));
    }, 90_000).catch(async error => {
      this.child.kill("SIGTERM"); // nobody else knows of it
      await this.ended;
      throw new Error(`${error.message}\n${this.tail("run.log")}`);
    });
    this.authority = fs.readFileSync(path.join(this.var, "certs/authority.crt"));
    this.pin = ["certs/server.crt", "certs/turn/server.crt"].map(name => path.join(this.var, name)).filter(fs.existsSync).map(file =>
      createHash("sha256").update(new X509Certificate(fs.readFileSync(file)).publicKey.export({ type: "spki", format: "der" })).digest("base64")).join(",");
    if (fs.existsSync(path.join(this.var, "demo.json")))
      this.demo = JSON.parse(fs.readFileSync(path.join(this.var, "demo.json"), "utf8"));
  }

  tail(name, lines = 40) {
    try {
      return fs.readFileSync(path.join(this.var, name), "utf8").split("\n").slice(-lines).join("\n");
    } catch {
      return "";
    }
  }

  /** Process ids of a role of this server, by the executable and the configuration they run with. */
  pids(role) {
    const config = path.join(this.var, "config.ini"), found = [];
    for (const entry of fs.readdirSync("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const words = fs.readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
        if (path.basename(words[0]) === `teleloire-${role}` && words.includes(config)) found.push(Number(entry));
      } catch { /* ended meanwhile */ }
    }
    return found.sort((a, b) => a - b);
  }

  /** The process id of a role's nth process. */
  pid(role, index) {
    return this.pids(role).find(pid => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").includes(`--index ${index} `));
  }

  /** kill -9, then wait until the supervisor has another one up. */
  async kill(role, pid = this.pids(role)[0]) {
    if (!pid) throw new Error(`no ${role} runs`);
    const count = this.pids(role).length;
    process.kill(pid, "SIGKILL");
    await until(`${role} is back`, () => {
      const now = this.pids(role);
      return now.length === count && !now.includes(pid);
    }, 15_000, 20);
  }

  postgresHome() {
    const kept = path.join(this.var, "postgres/home");
    return fs.existsSync(kept) ? fs.readFileSync(kept, "utf8").trim() : path.join(this.var, "postgres");
  }

  postgresPid() {
    return Number(fs.readFileSync(path.join(this.postgresHome(), "data/postmaster.pid"), "utf8").split("\n")[0]);
  }

  async stopPostgres() {
    fs.writeFileSync(path.join(this.var, "postgres/hold"), "");
    const pid = this.postgresPid();
    process.kill(pid, "SIGINT");
    await until("PostgreSQL stopped", () => !fs.existsSync(`/proc/${pid}`) && !fs.existsSync(path.join(this.postgresHome(), "data/postmaster.pid")));
  }

  async startPostgres() {
    fs.rmSync(path.join(this.var, "postgres/hold"));
    await until("PostgreSQL is back", () => fs.existsSync(path.join(this.postgresHome(), "data/postmaster.pid")));
  }

  /** A statement run as the cluster's superuser; resolves with what psql prints. */
  async sql(statement) {
    const child = spawn("psql", ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
      `--host=${this.socketDir()}`, "--username=postgres", "--dbname=teleloire", "--command", statement],
      { env: { ...process.env, PGPASSWORD: fs.readFileSync(path.join(this.var, "secrets/db_superuser"), "utf8").trim() } });
    let out = "", error = "";
    child.stdout.on("data", piece => (out += piece));
    child.stderr.on("data", piece => (error += piece));
    const code = await new Promise(resolve => child.once("close", resolve));
    if (code) throw new Error(`psql: ${error}`);
    return out;
  }

  /** Rows of a query: what the database really holds. */
  async rows(query) {
    return JSON.parse(await this.sql(`select coalesce(json_agg(t), '[]'::json) from (${query}) t`));
  }

  socketDir() {
    const kept = path.join(this.var, "postgres/socket-dir");
    return fs.existsSync(kept) ? fs.readFileSync(kept, "utf8").trim() : path.join(this.postgresHome(), "socket");
  }

  /** Resident memory in kB and open descriptors of a process. */
  static size(pid) {
    const resident = Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
    return { resident, descriptors: fs.readdirSync(`/proc/${pid}/fd`).length };
  }

  /** Stops it; its var/ stays. Resolves with how ./run ended. */
  async halt() {
    process.off("exit", this.atExit);
    this.child.kill("SIGTERM");
    return this.ended;
  }

  /** What it wrote, says, shows and keeps is searched first for patients of the demo and secrets: whatever
   *  a test did, none may be there. A server that a test took apart is searched as far as it goes. */
  async stop() {
    const texts = await this.traces();
    // a test made professionals, whose names are no secret
    const known = await this.sql("select lower(family_name) from person").then(names => new Set(names.trim().split("\n")), () => new Set());
    const code = await this.halt();
    const words = patientWords().filter(word => !known.has(word.toLowerCase()));
    const leaks = leaksIn([...texts, ...writtenBy(this)], words, secretsOf(this));
    const left = ["door", "api", "relay", "courier", "examiner"].flatMap(role => this.pids(role));
    if (process.env.TELELOIRE_KEEP) console.error(`kept: ${this.var}`);
    else if (!left.length) fs.rmSync(this.var, { recursive: true, force: true });
    if (leaks.length) throw new Error(`left behind: ${leaks.slice(0, 10).join("; ")}`);
    return { code, left };
  }

  async traces() {
    const unsearched = what => error => { console.error(`not searched for leaks: ${what}: ${error.message.split("\n")[0]}`); return ""; };
    const texts = processesOf(this).map(([role, pid]) => [role, shownBy(pid)]);
    if (!this.in_.length) texts.push(["metrics", await metricsOf(this).catch(unsearched("metrics"))]); // elsewhere: in another network
    texts.push(["database", await dumpOf(this).catch(unsearched("the database"))]);
    return texts;
  }
}
