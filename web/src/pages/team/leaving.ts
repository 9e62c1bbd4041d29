/** What the open acts of who leaves ask for: those to come may be cancelled, those held only handed
 *  over, those under way are waited for. */
export function leaving(open: { state: string }[]): { planned: boolean; live: boolean; to_close: boolean } {
  const any = (...states: string[]) => open.some((a) => states.includes(a.state));
  return { planned: any("planned"), live: any("waiting", "live"), to_close: any("to_close") };
}
