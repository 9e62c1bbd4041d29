// Watches how large a tile's picture is on the screen.
import { pictureIn, type Shown } from "../../call/view.ts";

const USUAL = 16 / 9;

/** Reports at once, at each change of size, and 0 by 0 while scrolled away; returns how to stop. */
export function watchShown(
  tile: HTMLElement,
  video: () => HTMLVideoElement | null,
  whole: boolean,
  report: (shown: Shown | null) => void,
): () => void {
  let away = false;
  const look = () => {
    const scale = away ? 0 : window.devicePixelRatio || 1;
    const element = video();
    const aspect = element?.videoWidth ? element.videoWidth / element.videoHeight : USUAL;
    report(pictureIn({ width: tile.clientWidth * scale, height: tile.clientHeight * scale }, aspect, whole));
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(tile);
  const places = new IntersectionObserver((entries) => {
    away = entries.at(-1)?.isIntersecting === false;
    look();
  });
  places.observe(tile);
  look();
  return () => {
    sizes.disconnect();
    places.disconnect();
    report(null);
  };
}
