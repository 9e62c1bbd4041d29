// How a patient is named and told apart, said once.
import type { Patient } from "../api/types.ts";
import { ageAt } from "../text/format.ts";
import { text } from "../text/index.ts";

/** "Femme, 70 ans", "Garçon, 5 ans". */
export function sexAndAge(p: Pick<Patient, "sex" | "birth_date">): string {
  const t = text();
  const age = ageAt(p.birth_date);
  return `${(age < 18 ? t.sex_of_minor : t.sex)[p.sex]}, ${t.age(age)}`;
}

/** "Jeanne MOREAU (née LE GOFF)": the used name first, the birth name kept. */
export function patientName(p: Pick<Patient, "birth_name" | "used_name" | "first_names">): string {
  const first = p.first_names.split(/[ ,]+/)[0] ?? "";
  const birth = p.birth_name.toUpperCase();
  const used = p.used_name?.toUpperCase();
  return used && used !== birth ? `${first} ${used} (${birth})` : `${first} ${birth}`;
}
