// Runs test/*.test.ts with node:test, each bundled by esbuild first.
import { build } from "esbuild";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import os from "node:os";
import path from "node:path";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = await mkdtemp(path.join(os.tmpdir(), "teleloire-web-test-"));
try {
  const entryPoints = (await readdir(path.join(root, "test")))
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(root, "test", name));
  await build({
    entryPoints,
    outdir: out,
    bundle: true,
    format: "esm",
    platform: "node",
    outExtension: { ".js": ".mjs" },
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
    sourcemap: "inline",
  });
  const files = (await readdir(out)).filter((n) => n.endsWith(".mjs")).map((n) => path.join(out, n));
  const run = spawnSync(process.execPath, ["--test", "--test-timeout=20000", ...process.argv.slice(2), ...files], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(out, { recursive: true, force: true });
}
