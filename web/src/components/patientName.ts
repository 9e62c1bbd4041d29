import type { Patient } from "../api/types.ts";

/** "Jeanne MOREAU (née LE GOFF)": the used name first, the birth name kept. */
export function patientName(p: Pick<Patient, "birth_name" | "used_name" | "first_names">): string {
  const first = p.first_names.split(/[ ,]+/)[0] ?? "";
  const birth = p.birth_name.toUpperCase();
  const used = p.used_name?.toUpperCase();
  return used && used !== birth ? `${first} ${used} (${birth})` : `${first} ${birth}`;
}
