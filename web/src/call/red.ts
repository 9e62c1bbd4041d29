// Redundant audio data (RFC 2198): a packet that carries the frame before it once more.
//
//    0                   1                   2                   3
//   |1|   block PT  |  timestamp offset (14)    | block length (10) |   the frame before
//   |0|   block PT  |                                                   this frame
//   | the frame before ...                 | this frame ...         |

const OFFSET_LIMIT = 0x3fff;
const LENGTH_LIMIT = 0x3ff;

/** Writes the frames of one stream, in their order. */
export class RedWriter {
  #before: { timestamp: number; data: Uint8Array } | null = null;

  /** `twice`: with the frame before, where there is one that RED can hold; else alone. */
  write(type: number, timestamp: number, frame: ArrayBuffer, twice: boolean): ArrayBuffer {
    const data = new Uint8Array(frame);
    const before = twice ? this.#before : null;
    this.#before = { timestamp, data: data.slice() };
    const offset = before ? (timestamp - before.timestamp) >>> 0 : 0;
    const held = before && offset > 0 && offset <= OFFSET_LIMIT && before.data.length <= LENGTH_LIMIT ? before.data : null;
    const head = held
      ? [0x80 | type, offset >>> 6, ((offset & 0x3f) << 2) | (held.length >>> 8), held.length & 0xff, type]
      : [type];
    const packet = new Uint8Array(head.length + (held?.length ?? 0) + data.length);
    packet.set(head);
    if (held) packet.set(held, head.length);
    packet.set(data, packet.length - data.length);
    return packet.buffer;
  }
}
