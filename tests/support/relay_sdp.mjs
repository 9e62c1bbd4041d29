// A browser's offer into PARTICIPANT_OPEN and its answer into SDP, as plain as a test needs it: the
// real reader is signaling/'s.
const names = {
  "urn:ietf:params:rtp-hdrext:sdes:mid": "mid",
  "urn:ietf:params:rtp-hdrext:ssrc-audio-level": "audio_level",
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01": "transport_cc",
  "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time": "abs_send_time",
};

export function readOffer(sdp) {
  const [session, ...media] = sdp.split(/\r?\n(?=m=)/);
  const find = (text, key) => (new RegExp(`^a=${key}:(.*)$`, "m").exec(text) ?? [])[1];
  const lines = media.map(text => {
    const kind = /^m=(\w+)/.exec(text)[1];
    const codec = name => Number((new RegExp(`^a=rtpmap:(\\d+) ${name}/`, "mi").exec(text) ?? [])[1] ?? NaN);
    const vp8 = codec("VP8"), extensions = {};
    for (const [, id, uri] of text.matchAll(/^a=extmap:(\d+)(?:\/\w+)? (\S+)/gm)) if (names[uri]) extensions[names[uri]] = Number(id);
    const rtx = Number((new RegExp(`^a=fmtp:(\\d+) apt=${vp8}\\b`, "m").exec(text) ?? [])[1] ?? NaN);
    const number = n => Number.isNaN(n) ? null : n;
    return {
      text, kind, mid: find(text, "mid"), extensions,
      direction: /^a=(sendonly|recvonly|sendrecv|inactive)$/m.exec(text)[1],
      types: kind === "audio" ? { opus: codec("opus"), red: null, vp8: null, rtx: null } : { opus: null, red: null, vp8, rtx: number(rtx) },
      ssrcs: [...new Set([...text.matchAll(/^a=ssrc:(\d+)/gm)].map(m => Number(m[1])))],
    };
  });
  const first = `${session}\n${media[0]}`;
  return { lines, ufrag: find(first, "ice-ufrag"), pwd: find(first, "ice-pwd"), fingerprint: find(first, "fingerprint").split(" ") };
}

export function openBody(offer, participant, room, sources) {
  const common = l => ({ mid: l.mid, kind: l.kind, ...l.types, extensions: l.extensions });
  const source = Object.fromEntries(Object.entries(sources).map(([name, mid]) => [mid, name]));
  return {
    participant, room, test: false,
    remote: { ufrag: offer.ufrag, pwd: offer.pwd, setup: "actpass", fingerprint: { hash: offer.fingerprint[0], value: offer.fingerprint[1] } },
    sends: offer.lines.filter(l => source[l.mid]).map(l => ({ ...common(l), source: source[l.mid], ssrcs: l.ssrcs })),
    receives: offer.lines.filter(l => !source[l.mid]).map(common),
  };
}

export function writeAnswer(offer, reply) {
  const out = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite",
    `a=group:BUNDLE ${offer.lines.map(l => l.mid).join(" ")}`, "a=extmap-allow-mixed", "a=msid-semantic: WMS *"];
  for (const l of offer.lines) {
    const { opus, vp8, rtx } = l.types, slot = reply.receives.find(r => r.mid === l.mid);
    out.push(`m=${l.kind} 9 UDP/TLS/RTP/SAVPF ${l.kind === "audio" ? opus : rtx === null ? vp8 : `${vp8} ${rtx}`}`, "c=IN IP4 0.0.0.0", `a=mid:${l.mid}`,
      "a=rtcp-mux", "a=rtcp-rsize", `a=ice-ufrag:${reply.ice.ufrag}`, `a=ice-pwd:${reply.ice.pwd}`,
      `a=fingerprint:${reply.fingerprint.hash} ${reply.fingerprint.value}`, `a=setup:${reply.setup}`, slot ? "a=sendonly" : "a=recvonly");
    const uris = Object.fromEntries(Object.entries(names).map(([uri, name]) => [name, uri]));
    for (const [name, id] of Object.entries(l.extensions)) out.push(`a=extmap:${id} ${uris[name]}`);
    if (l.kind === "audio") out.push(`a=rtpmap:${opus} opus/48000/2`, `a=fmtp:${opus} minptime=10;useinbandfec=1`, `a=rtcp-fb:${opus} transport-cc`);
    else {
      out.push(`a=rtpmap:${vp8} VP8/90000`, ...["transport-cc", "ccm fir", "nack", "nack pli"].map(f => `a=rtcp-fb:${vp8} ${f}`));
      if (rtx !== null) out.push(`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${vp8}`);
    }
    if (slot) {
      if (slot.rtx_ssrc) out.push(`a=ssrc-group:FID ${slot.ssrc} ${slot.rtx_ssrc}`);
      out.push(`a=msid:slot${l.mid} track${l.mid}`, `a=ssrc:${slot.ssrc} cname:relay`);
      if (slot.rtx_ssrc) out.push(`a=ssrc:${slot.rtx_ssrc} cname:relay`);
    }
    for (const c of reply.candidates) out.push(`a=candidate:1 1 ${c.transport} ${c.priority} ${c.ip} ${c.port} typ host${c.transport === "tcp" ? " tcptype passive" : ""}`);
    out.push("a=end-of-candidates");
  }
  return `${out.join("\r\n")}\r\n`;
}
