// The mark: a river parting around an island, and the one who waits on the bank.
import "./Logo.css";

export function Mark({ size = 36 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path class="mark-ground" d="M24 2C37.5 2 46 10.5 46 24s-8.5 22-22 22S2 37.5 2 24 10.5 2 24 2Z" />
      <g class="mark-river" fill="none" stroke-width="4.6" stroke-linecap="round">
        <path d="M34 9.5c-2.6 4.8-8.6 5.4-12.4 8.3-6.8 5.2-6.7 11.6-.4 14.5 4.2 2 6.2 3.5 6.6 6.7" />
        <path d="M21.6 17.8c5 1 9.6 3.2 9.6 7.4 0 3.4-4.8 5.6-10 7.1" />
      </g>
      <circle class="mark-dot" cx="13" cy="13.5" r="3.6" />
    </svg>
  );
}

export function Logo({ size = 36 }: { size?: number }) {
  return (
    <span class="logo">
      <Mark size={size} />
      <span class="logo-name">Téléloire</span>
    </span>
  );
}

/** The river of the sign-in page: three arms, two islands. */
export function River() {
  return (
    <svg class="river" viewBox="0 0 600 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">
      <g fill="none" stroke-linecap="round">
        <path class="river-1" stroke-width="120" d="M660 60C520 130 360 120 280 240s40 190-40 300S20 690-60 860" />
        <path class="river-2" stroke-width="74" d="M660 60C520 130 360 120 280 240s40 190-40 300S20 690-60 860" />
        <path class="river-3" stroke-width="30" d="M280 240c110 30 150 90 110 170s-130 80-190 190" />
        <path class="river-3" stroke-width="12" d="M390 410c30 70 20 160-60 230s-150 110-170 230" />
      </g>
      <circle class="river-dot" cx="452" cy="246" r="17" />
      <circle class="river-ring" cx="452" cy="246" r="34" fill="none" stroke-width="3" />
    </svg>
  );
}
