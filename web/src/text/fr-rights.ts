// The words of a patient's rights over their data, in French; also those of the file they are handed.
import { formats } from "./format.ts";

const f = formats("fr");

export const frRights = {
  title: "Droits du patient",
  lead: "Copie, rectification et limitation de ses données",
  copy: "Remettre ses données",
  copy_text:
    "Un dossier compressé : une page à lire ou à imprimer, la même chose pour un autre logiciel, et tous les documents. À remettre au patient lui-même, ou à qui il a désigné.",
  copy_closed: "L’équipe de soins du patient peut remettre une copie de ses données.",
  copy_go: "Préparer le dossier",
  copy_documents: (done: number, all: number) => `Document ${done} sur ${all}`,
  copy_done: "Le dossier est dans vos téléchargements : effacez-le une fois remis.",
  copy_large: "Ces documents dépassent 500 Mo : remettez-les acte par acte.",
  correct: "Rectifier l’identité",
  correct_text: "L’identité d’avant reste consignée, avec votre nom et le motif.",
  correct_reason: "Motif de la rectification",
  correct_reason_hint: "Par exemple : erreur de saisie, pièce d’identité présentée",
  correct_go: "Rectifier",
  corrected: "L’identité est rectifiée.",
  reason_short: "Trois caractères au moins",
  history: "Modifications",
  no_history: "Aucune modification depuis la création de la fiche.",
  contact_changed: "Coordonnées ou nom utilisé",
  was: "Avant :",
  empty: "vide",
  restrict: "Limiter l’usage des données",
  restrict_text:
    "À la demande du patient, seule son équipe de soins voit encore sa fiche et ses actes ; les autres personnes de ses structures ne la trouvent plus. L’accès d’urgence reste possible.",
  restrict_reason: "Demande du patient",
  restrict_go: "Limiter",
  restricted: (when: string, name: string) => `Usage limité depuis le ${when}, noté par ${name}`,
  restricted_said: "Ses données ne sont plus visibles que de l’équipe de soins.",
  restrict_end: "Lever la limitation",
  restrict_ended: "La limitation est levée.",
  restricted_before: (from: string, to: string) => `Du ${from} au ${to}`,
  restrict_closed: "L’équipe de soins du patient note sa demande.",
  file: {
    name: "dossier",
    title: (name: string) => `Données de santé de ${name}`,
    made: (when: string, by: string) => `Copie préparée le ${when} par ${by}`,
    meaning:
      "Tout ce que Téléloire conserve à votre sujet. Pour une question ou une rectification, adressez-vous à la personne qui vous l’a remis.",
    team: "Votre équipe de soins",
    since: (from: string, to: string | null) => (to ? `du ${from} au ${to}` : `depuis le ${from}`),
    acts: "Vos actes",
    report: (version: number) => `Compte rendu, version ${version}`,
    conclusion: (words: string) => `Conclusion : ${words}`,
    why: (words: string) => `Motif de la modification : ${words}`,
    consent: (given: boolean, when: string) => `Consentement ${given ? "donné" : "refusé"}, ${when}`,
    documents: "Documents",
    accesses: "Qui a consulté vos données",
    times: (n: number) => f.plural(n, "# fois", "# fois"),
  },
};
