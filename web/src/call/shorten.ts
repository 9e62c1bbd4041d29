// An engine's offer of 22 lines is 27 KB, more than a connection that stood idle may send at once
// (ten packets, RFC 6928): its end would leave a whole way there and back later. What the server
// does not read, or reads once for all lines, is not sent; the browser's own description keeps it.

const TAKEN = [
  "urn:ietf:params:rtp-hdrext:sdes:mid",
  "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
  "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
];

/** The relay finds ports by checks, estimates by transport-wide feedback and asks by PLI; streams are named by `slots`. */
const UNREAD =
  /^(c=|a=(rtcp:|rtcp-xr:|msid:|candidate:|end-of-candidates|ssrc:\d+ (msid|mslabel|label):|rtcp-fb:\S+ (goog-remb|ccm fir)))/;
/** BUNDLE: all lines have one transport (RFC 9143 section 7.1.3). */
const OF_TRANSPORT = /^a=(ice-ufrag|ice-pwd|ice-options|fingerprint|setup):/;

export function shorten(sdp: string): string {
  const said = new Set<string>();
  const lines = sdp.split("\r\n").filter((line) => {
    if (UNREAD.test(line)) return false;
    if (line.startsWith("a=extmap:")) return TAKEN.includes(line.split(" ")[1] ?? "");
    if (!OF_TRANSPORT.test(line)) return true;
    const again = said.has(line);
    said.add(line);
    return !again;
  });
  return lines.join("\r\n");
}
