// A reporter of node:test: one line a test, title TAB outcome TAB reason.
const clean = text => String(text ?? "").replace(/\s+/g, " ").trim().slice(0, 300);

export default async function* collect(source) {
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite" && type === "test:pass") continue;
    const skipped = data.skip !== undefined && data.skip !== false;
    const outcome = skipped ? "skipped" : type === "test:pass" ? "passed" : "failed";
    const error = data.details?.error;
    const reason = skipped
      ? data.skip === true ? "the test says so" : data.skip
      : outcome === "failed" ? error?.cause?.message ?? error?.cause ?? error?.message : "";
    yield `${clean(data.name)}\t${outcome}\t${clean(reason)}\n`;
  }
}
