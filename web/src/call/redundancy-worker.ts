// Between the encoder of a sound and its packets, in engines that have no RED of their own: each
// frame leaves as RED under the number of Opus (docs/decisions/0058). A file of its own, for it
// runs in a worker.
import { RedWriter } from "./red.ts";

interface Frame {
  data: ArrayBuffer;
  readonly timestamp?: number;
  getMetadata(): { payloadType?: number; rtpTimestamp?: number };
}

interface Scope {
  onmessage: ((event: { data: unknown }) => void) | null;
  onrtctransform: ((event: { transformer: { readable: ReadableStream<Frame>; writable: WritableStream<Frame> } }) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope;
let twice = false;
scope.onmessage = ({ data }) => (twice = data === true);
scope.onrtctransform = ({ transformer }) => {
  const red = new RedWriter();
  const wrap = new TransformStream<Frame, Frame>({
    transform(frame, out) {
      const { payloadType, rtpTimestamp } = frame.getMetadata();
      // A frame that does not say what it is cannot be told apart at the other end.
      if (payloadType === undefined) return;
      frame.data = red.write(payloadType, rtpTimestamp ?? frame.timestamp ?? 0, frame.data, twice);
      out.enqueue(frame);
    },
  });
  void transformer.readable.pipeThrough(wrap).pipeTo(transformer.writable).catch(() => {}); // its sender has ended
};
scope.postMessage("ready");
