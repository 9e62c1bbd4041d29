// Builds the pages into dist/: index.html, hashed files under assets/.
// No inline script or style leaves this file: the door's policy forbids both.
import { build, context } from "esbuild";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = fileURLToPath(new URL("..", import.meta.url));
const fresh = path.join(root, "dist.new");
const dist = path.join(root, "dist");

const options = {
  absWorkingDir: root,
  entryPoints: { app: "src/main.tsx" },
  bundle: true,
  format: "esm",
  target: ["chrome109", "firefox115", "safari16"],
  outdir: fresh,
  entryNames: "assets/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
  publicPath: "/",
  loader: { ".woff2": "file" },
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

// A worker is a file that the page names, and its name holds its hash: built before the page.
async function buildWorker() {
  const { metafile } = await build({ ...options, entryPoints: { redundancy: "src/call/redundancy-worker.ts" } });
  return "/" + path.relative(fresh, path.join(root, Object.keys(metafile.outputs)[0]));
}

async function writePage(result) {
  const outputs = Object.entries(result.metafile.outputs);
  const named = (end) => {
    const found = outputs.find(([name, o]) => name.endsWith(end) && (end === ".css" || o.entryPoint));
    return "/" + path.relative(fresh, path.join(root, found[0]));
  };
  const page = (await readFile(path.join(root, "index.html"), "utf8"))
    .replace("%SCRIPT%", named(".js"))
    .replace("%STYLE%", named(".css"));
  await writeFile(path.join(fresh, "index.html"), page);
  await copyFile(path.join(root, "src/style/favicon.svg"), path.join(fresh, "favicon.svg"));
  // A whole new folder takes the place of the old one, so that a server
  // reading it during a build never meets half of one.
  await rm(dist, { recursive: true, force: true });
  await rename(fresh, dist);
  const size = outputs.reduce((sum, [, o]) => sum + o.bytes, 0);
  console.log(`dist: ${outputs.length} files, ${Math.round(size / 1024)} KiB`);
}

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
options.define = { REDUNDANCY_WORKER: JSON.stringify(await buildWorker()) };
if (process.argv.includes("--watch")) {
  const page = { name: "page", setup: (b) => b.onEnd((r) => (r.errors.length ? undefined : writePage(r))) };
  await (await context({ ...options, minify: false, plugins: [page] })).watch();
} else {
  await writePage(await build(options));
}
