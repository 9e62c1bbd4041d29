// template.mjs DIR: a server's var/ as its first start makes it, stopped again. What each server of a
// test begins with when TL_TEMPLATE names it: the region is loaded and sealed once, not forty times.
import fs from "node:fs";
import { Server } from "./server.mjs";

const folder = process.argv[2];
fs.rmSync(folder, { recursive: true, force: true });
const server = await Server.start({ relays: 1 });
await server.halt();
for (const name of ["ready", "run.pid", "run.lock", "run.log", "postgres/socket-dir"])
  fs.rmSync(`${server.var}/${name}`, { force: true });
// Where PostgreSQL runs as a user of its own, its files are elsewhere: nothing to copy.
if (!fs.existsSync(`${server.var}/postgres/home`)) fs.cpSync(server.var, folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
fs.rmSync(server.var, { recursive: true, force: true });
