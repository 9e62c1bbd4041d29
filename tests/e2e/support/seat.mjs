// Native participants: teleloire-seat, events as JSON lines out, commands as JSON lines in.
import { spawn } from "node:child_process";
import path from "node:path";
import { Client, invitation } from "./client.mjs";
import { codeFor } from "./scene.mjs";
import { build, until } from "./server.mjs";

export class Seats {
  /** One process; a seat for each ticket. */
  static join(server, tickets, { index = 0, size = "320x180", fps = 10, kbps = 150, grain = 0 } = {}) {
    const seats = new Seats();
    seats.last = tickets.map(() => ({}));
    seats.events = [];
    seats.child = spawn(path.join(build, "bin/teleloire-seat"), ["join", "--url", server.url.replace("https", "wss") + "/ws",
      "--ca", path.join(server.var, "certs/authority.crt"), "--index", `${index}`, "--size", size, "--fps", `${fps}`, "--kbps", `${kbps}`, "--grain", `${grain}`,
      ...tickets.flatMap(ticket => ["--ticket", ticket])], { stdio: ["pipe", "pipe", "pipe"] });
    let rest = "";
    seats.stderr = "";
    seats.child.stdin.on("error", () => {});
    seats.child.stderr.on("data", piece => (seats.stderr += piece));
    seats.child.stdout.on("data", piece => {
      rest += piece;
      for (let end; (end = rest.indexOf("\n")) >= 0; rest = rest.slice(end + 1)) {
        const event = JSON.parse(rest.slice(0, end)), mine = seats.last[event.seat ?? 0];
        mine[event.event] = event;
        if (event.event === "error" || event.event === "not_connected") seats.events.push(event);
      }
    });
    seats.ended = new Promise(resolve => seats.child.once("close", resolve));
    return seats;
  }

  tell(seat, command) { this.child.stdin.write(JSON.stringify({ ...command, seat }) + "\n"); }

  until(what, look, ms = 20_000) {
    return until(`native seats: ${what}`, () => look(this.last), ms, 20)
      .catch(error => { throw new Error(`${error.message}\n${JSON.stringify(this.last).slice(0, 1500)}\n${JSON.stringify(this.events)}\n${this.stderr.slice(-500)}`); });
  }

  async end() {
    this.last.forEach((_, seat) => this.tell(seat, { do: "leave" }));
    const timer = setTimeout(() => this.child.kill("SIGTERM"), 3_000);
    const code = await this.ended;
    clearTimeout(timer);
    return code;
  }
}

/** Invites a guest by mail and goes their way over HTTP, up to a ticket for the waiting room. */
export async function guestTicket(server, host, act, name, role = "helper") {
  const email = `${name.toLowerCase().replace(/\W+/g, "-")}-${act.slice(0, 8)}@exemple.fr`;
  await host.expect(200, "POST", `/api/acts/${act}/invite`, { name, role, email, phone: null });
  const { link } = await invitation(server, email);
  const guest = new Client(server), token = link.split("#")[1];
  const opened = await guest.expect(200, "POST", "/api/invitations/open", { token });
  if (opened.state !== "code_needed") throw new Error(`the link says ${opened.state}`);
  const { code } = await codeFor(server, email);
  const { csrf } = await guest.expect(200, "POST", "/api/invitations/code", { token, code });
  guest.csrf = csrf;
  const { ticket } = await guest.expect(200, "POST", "/api/visit/join");
  return { guest, ticket, name };
}
