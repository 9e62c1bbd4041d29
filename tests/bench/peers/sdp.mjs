// The SDP the generator would have written: one candidate, one transport, Opus and VP8. And what is
// read back from the peer's.
const header = (address, id) => ["v=0", `o=- ${id} 1 IN IP4 ${address}`, "s=-", "t=0 0"];

// mid and transport_cc are numbered as the generator writes them (load/stream.c).
const extensions = ["a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
  "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"];
const opus = ["a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc"];
const vp8 = ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 transport-cc"];

const transport = (p, address, setup) => [`c=IN IP4 ${address}`, `a=ice-ufrag:${p.ufrag}`, `a=ice-pwd:${p.pwd}`,
  `a=fingerprint:sha-256 ${p.fingerprint}`, `a=setup:${setup}`, "a=rtcp-mux", `a=candidate:1 1 udp 2130706431 ${address} ${p.port} typ host`, "a=end-of-candidates"];

const text = lines => lines.join("\r\n") + "\r\n";

/** A description of two bundled lines, one for sound and one for pictures; mids of an offer being answered. */
export function bundled(p, address, setup, direction, lines = [{ mid: "0", kind: "audio" }, { mid: "1", kind: "video" }]) {
  return text([...header(address, p.participant + 1), `a=group:BUNDLE ${lines.map(l => l.mid).join(" ")}`,
    ...lines.flatMap(({ mid, kind }) => [`m=${kind} ${p.port} UDP/TLS/RTP/SAVPF ${kind === "audio" ? 111 : 96}`, ...transport(p, address, setup),
      `a=mid:${mid}`, `a=${direction}`, ...extensions, ...(kind === "audio" ? ["a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", ...opus] : vp8),
      ...(direction === "sendonly" ? [`a=ssrc:${kind === "audio" ? p.audio : p.video} cname:load`] : [])])]);
}

/** One line that carries both: for a peer that bundles nothing, the cheapest it can be given. */
export function single(p, address, setup) {
  return text([...header(address, p.participant + 1), `m=video ${p.port} UDP/TLS/RTP/SAVPF 96 111`, ...transport(p, address, setup), "a=sendrecv", ...extensions, ...vp8, ...opus]);
}

/** What the generator connects to. */
export function remoteOf(sdp) {
  const one = pattern => pattern.exec(sdp)?.[1];
  const host = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/im.exec(sdp);
  if (!host) throw new Error(`no candidate in\n${sdp}`);
  return { ufrag: one(/^a=ice-ufrag:(\S+)/m), pwd: one(/^a=ice-pwd:(\S+)/m), fingerprint: one(/^a=fingerprint:sha-256 (\S+)/mi), ip: host[1], port: Number(host[2]) };
}

/** The lines of an offer, in order. */
export function linesOf(sdp) {
  return sdp.split(/^(?=m=)/m).slice(1).map(part => ({ kind: /^m=(\w+)/.exec(part)[1], mid: /^a=mid:(\S+)/m.exec(part)[1] }));
}
