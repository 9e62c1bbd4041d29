// The loudness of a microphone, and a short tune to try a loudspeaker.

export interface Meter {
  /** From 0 (silence) to 1, on a scale the eye reads as loudness. */
  read(): number;
  stop(): void;
}

export function meter(track: MediaStreamTrack): Meter {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  void context.resume();
  return {
    read() {
      analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const s of samples) sum += s * s;
      const decibels = 10 * Math.log10(sum / samples.length + 1e-10);
      return Math.min(1, Math.max(0, (decibels + 60) / 50));
    },
    stop() {
      source.disconnect();
      void context.close();
    },
  };
}

/** Four soft notes; resolves when they end. */
export async function playTune(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  const notes = [523.25, 659.25, 783.99, 1046.5];
  const start = context.currentTime + 0.05;
  notes.forEach((frequency, i) => {
    const at = start + i * 0.32;
    const note = context.createOscillator();
    const gain = context.createGain();
    note.type = "triangle";
    note.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.35, at + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
    note.connect(gain).connect(context.destination);
    note.start(at);
    note.stop(at + 0.65);
  });
  await new Promise((done) => setTimeout(done, notes.length * 320 + 500));
  await context.close();
}
