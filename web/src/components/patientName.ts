// How a patient is named and told apart, said once.
import type { Patient, Traits } from "../api/types.ts";
import { ageAt } from "../text/format.ts";
import { format, text } from "../text/index.ts";

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

/** The traits of an identity, each with its word. */
export function traitRows(of: Traits): [string, string | null][] {
  const t = text();
  const p = t.patient;
  return [
    [p.birth_name, of.birth_name],
    [p.used_name, of.used_name],
    [p.first_names, of.first_names],
    [p.birth_date, format().civil(of.birth_date)],
    [p.sex, t.sex[of.sex]],
    [p.birth_place, of.birth_place_code],
    [p.ins, of.ins],
  ];
}
