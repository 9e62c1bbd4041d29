// The words of what keeps trust: who looked at a record, alerts, signed-in devices; in French.
import { formats } from "./format.ts";

const f = formats("fr");

export const frTrust = {
  accesses: {
    title: "Qui a consulté ce dossier",
    lead: "Chaque consultation des données du patient, jour par jour",
    meaning:
      "Le patient a le droit de savoir qui a vu ses données. Cette page peut lui être montrée ou remise imprimée ; ce qu’elle dit ne peut être ni changé ni effacé.",
    print: "Imprimer",
    nobody: "Personne n’a encore consulté ce dossier.",
    more: "Voir les jours précédents",
    act: "Voir l’acte",
    times: (n: number) => f.plural(n, "# fois", "# fois"),
    emergency: "Accès d’urgence",
    by_link: {
      patient: "Le patient, par son lien",
      helper: "La personne qui accompagne, par son lien",
      recipient: "Le lien du compte rendu",
    },
    actions: {
      identity: "a lu l’identité et les coordonnées",
      found: "a cherché ce patient",
      listed: "l’a vu dans une liste",
      act: "a lu un acte",
      document: "a lu ou ajouté un document",
      changed: "a modifié l’identité ou les coordonnées",
      joined: "est entré dans la téléconsultation",
      planned: "a planifié ou modifié un rendez-vous",
      report: "a rédigé la clôture de l’acte",
      emergency: "a ouvert le dossier en urgence",
      visit: "a utilisé le lien",
      accesses: "a lu cette liste",
      exported: "a préparé une copie des données du patient",
      restricted: "a limité l’usage des données, ou levé cette limite",
      other: "a consulté des données",
    },
  },
  alerts: {
    title: "Alertes",
    lead: "Accès aux dossiers qui demandent votre attention",
    unusual: "Consultations inhabituelles",
    meaning:
      "Inhabituel ne veut pas dire fautif. Parlez-en avec la personne, puis notez ce qu’il en est : la réponse reste attachée à l’alerte.",
    none: "Aucune alerte : les accès sont ceux d’une journée ordinaire.",
    rules: {
      many_patients: (n: number) => `A ouvert ${n} dossiers différents en une heure.`,
      at_night: (n: number) => `A ouvert ${n} dossiers différents pendant la nuit.`,
      beyond_care: (n: number) => `A ouvert ${n} dossiers de patients qu’elle ou il ne suit pas.`,
    },
    answer: "Répondre à l’alerte",
    comment: "Ce qu’il en est",
    comment_short: "Trois caractères au moins",
    answered: (name: string, day: string) => `Réponse de ${name}, le ${day}`,
    emergencies: "Accès d’urgence",
    no_emergency: "Aucun dossier n’a été ouvert en urgence.",
    reason: "Motif",
    from_until: (from: string, until: string) => `${from}, jusqu’à ${until}`,
  },
  psc: {
    sign_in: "Se connecter avec Pro Santé Connect",
    or: "ou avec un compte local",
    refused: "La connexion a été annulée ou refusée par Pro Santé Connect. Vous pouvez recommencer.",
    unknown:
      "Pro Santé Connect vous a reconnu, mais aucun compte d’ici ne porte votre numéro RPPS. Demandez au responsable de votre structure de vous inviter avec ce numéro.",
    away: "Pro Santé Connect ne répond pas pour le moment. Réessayez dans quelques minutes, ou utilisez un compte local.",
    failed: "La connexion avec Pro Santé Connect n’a pas abouti. Recommencez depuis cette page ; si cela se répète, prévenez votre support.",
    came_by: "Par Pro Santé Connect",
    elsewhere: "Se connecter avec Pro Santé Connect dans un autre onglet",
    done: "C’est fait",
    not_yet: "Vous n’êtes pas encore reconnecté avec ce compte.",
  },
  browsers: {
    title: "Appareils connectés",
    lead: "Les navigateurs où votre compte est ouvert. Une session s’arrête d’elle-même après 30 minutes sans usage, et au plus tard au bout de 12 heures.",
    since: (at: string) => `Ouvert le ${at}`,
    seen: (at: string) => `Vu le ${at}`,
    here: "Cet appareil",
    end: "Déconnecter",
    end_of: (at: string) => `Déconnecter la session ouverte le ${at}`,
    ended: "Cet appareil est déconnecté.",
    everywhere: "Se déconnecter partout",
  },
};
