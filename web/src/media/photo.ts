// A still from a remote video: canvas to JPEG, in memory only.

const WIDEST = 1920;
const QUALITY = 0.92;

export async function takePhoto(video: HTMLVideoElement): Promise<Blob> {
  const scale = Math.min(1, WIDEST / Math.max(1, video.videoWidth));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const context = canvas.getContext("2d");
  if (!context || canvas.width === 0) throw new Error("no picture");
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
  });
}
