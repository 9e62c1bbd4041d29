// The words of the day of the audit and of certificates; in French.
import { formats } from "./format.ts";

const f = formats("fr");

export const frAudit = {
  audit: {
    title: "Qui a consulté",
    lead: "Les consultations des dossiers que votre structure connaît, jour par jour",
    lead_of: (name: string) => `${name} : les consultations des dossiers que la structure connaît, jour par jour`,
    meaning: "Qui a consulté, d’où que ce soit, et combien de dossiers ; aucun patient n’est nommé. Pour un patient donné, son équipe de soins peut lui remettre la liste entière.",
    platform_title: "Audit",
    platform_lead: "Ce qui a été fait sur la plateforme, jour par jour",
    platform_meaning: "Ce que chacun a fait, et sur combien de dossiers ; aucun patient n’est nommé, rien de clinique n’est montré.",
    day: "Jour",
    before: "Jour précédent",
    after: "Jour suivant",
    nobody: "Personne ce jour-là.",
    by_links: "Patients et invités, par leurs liens",
    emergency: "Urgence",
    patients: (n: number) => f.plural(n, "# dossier", "# dossiers"),
    from_until: (from: string, until: string) => (from === until ? from : `${from} à ${until}`),
    groups: {
      read: (n: number) => f.plural(n, "# lecture", "# lectures"),
      wrote: (n: number) => f.plural(n, "# écriture", "# écritures"),
      searched: (n: number) => f.plural(n, "# recherche ou liste", "# recherches ou listes"),
      planned: (n: number) => f.plural(n, "# rendez-vous", "# rendez-vous"),
      live: (n: number) => f.plural(n, "# entrée en téléconsultation", "# entrées en téléconsultation"),
      emergency: (n: number) => f.plural(n, "# ouverture en urgence", "# ouvertures en urgence"),
      given: (n: number) => f.plural(n, "# copie pour un patient", "# copies pour des patients"),
      kept: (n: number) => f.plural(n, "# réglage de comptes ou de structures", "# réglages de comptes ou de structures"),
      account: (n: number) => f.plural(n, "# opération sur son compte", "# opérations sur son compte"),
      watched: (n: number) => f.plural(n, "# lecture de l’audit", "# lectures de l’audit"),
      link: (n: number) => f.plural(n, "# usage d’un lien", "# usages d’un lien"),
      other: (n: number) => f.plural(n, "# autre", "# autres"),
    },
    chains: "La preuve",
    chains_line: (rows: number, chains: number, last: string) =>
      `${f.plural(rows, "# ligne", "# lignes")} dans ${f.plural(chains, "# chaîne", "# chaînes")}${last ? `, la dernière le ${last}` : ""}.`,
    checkpoints_written: "Les points de contrôle signés s’écrivent.",
    checkpoints_failing: "Les points de contrôle signés ne s’écrivent plus : disque plein, ou base arrêtée.",
    verify: "Pour vérifier que rien n’a été changé, ôté ou ajouté, sur le serveur :",
  },
  certificates: {
    title: "Certificats",
    which: {
      web: "Pages de la plateforme",
      turn: "Relais de secours (TURN)",
      "client-authority": "Autorité des certificats de sites",
      "client-crl": "Liste de révocation",
    },
    until: (day: string, left: string) => `Jusqu’au ${day}, ${left}`,
    ended: (day: string) => `Terminé le ${day}`,
    soon: "À renouveler",
    refused: (n: number) => f.plural(n, "# certificat refusé au rechargement : l’ancien reste en service", "# certificats refusés au rechargement : les anciens restent en service"),
    none: "La porte n’a rien dit de ses certificats.",
  },
};
