/** Matches "/actes/:id" and gives its parts, or null. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const got = path.replace(/\/+$/, "").split("/");
  if (pattern === "/" ? got.join("") !== "" : wanted.length !== got.length) return null;
  const parts: Record<string, string> = {};
  for (const [i, piece] of wanted.entries()) {
    if (piece.startsWith(":")) parts[piece.slice(1)] = decodeURIComponent(got[i] ?? "");
    else if (pattern !== "/" && piece !== got[i]) return null;
  }
  return parts;
}
