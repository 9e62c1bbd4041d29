// The words of the second factor, of a fresh proof and of known devices; in French.
import { formats } from "./format.ts";

const f = formats("fr");

export const frFactor = {
  give: {
    title: "Second facteur",
    lead: (name: string) => `${name}, donnez le code affiché par votre application d’authentification.`,
    code: "Code à 6 chiffres",
    recovery: "Code de secours",
    recovery_hint: "Dix lettres ou chiffres, par exemple abcde-fghij. Chaque code ne sert qu’une fois.",
    use_recovery: "Utiliser un code de secours",
    use_code: "Utiliser l’application",
    remember: "Cet appareil est le mien",
    remember_hint: "Pendant 30 jours, le mot de passe y suffit. À ne pas cocher sur un ordinateur partagé.",
    submit: "Valider",
    cancel: "Revenir à la connexion",
    required: "À remplir",
    demo: (code: string) => `Démonstration : le code est ${code}.`,
    demo_wait: "Démonstration : ce code a déjà servi. Le suivant vient dans moins de 30 secondes.",
    demo_next: "Afficher le code suivant",
    lost: "Téléphone perdu et plus de code de secours ? Le gestionnaire de votre structure peut retirer ce second facteur.",
  },
  enrol: {
    title: "Protégez votre compte",
    lead: "Ce compte donne accès à des données de santé : un code s’ajoute au mot de passe. Il est donné par une application de votre téléphone.",
    first: "Ouvrez une application d’authentification",
    first_hint: "Par exemple FreeOTP, Aegis, ou celle que votre établissement conseille.",
    second: "Scannez ce code",
    second_hint: "Ou saisissez la clé à la main :",
    qr: "Code à scanner avec l’application d’authentification",
    third: "Donnez le code qu’elle affiche",
    submit: "Activer",
    again: "Afficher un autre code à scanner",
  },
  codes: {
    title: "Vos codes de secours",
    lead: "Si vous perdez votre téléphone, chacun de ces codes ouvre votre compte une fois. Ils ne seront plus jamais affichés : imprimez-les ou recopiez-les maintenant.",
    list: "Codes de secours",
    print: "Imprimer",
    kept: "Je les ai gardés en lieu sûr",
    printed: (at: string) => `Codes de secours Téléloire, ${at}`,
  },
  step_up: {
    title: "Confirmez que c’est vous",
    lead: (minutes: number) =>
      `Cette action demande un second facteur donné il y a moins de ${f.plural(minutes, "# minute", "# minutes")}. Rien de ce que vous avez saisi n’est perdu.`,
    provider: (minutes: number) =>
      `Cette action demande de s’être identifié il y a moins de ${f.plural(minutes, "# minute", "# minutes")}. Identifiez-vous dans un autre onglet, puis revenez ici : rien de ce que vous avez saisi n’est perdu.`,
  },
  card: {
    title: "Second facteur",
    off: "Votre compte n’a pas de second facteur.",
    since: (at: string) => `Activé le ${at}`,
    left: (n: number) => f.plural(n, "# code de secours restant", "# codes de secours restants"),
    none_left: "Plus aucun code de secours : faites-en de nouveaux.",
    enable: "Activer",
    replace: "Remplacer",
    new_codes: "Nouveaux codes de secours",
    devices: "Appareils où le mot de passe suffit",
    no_device: "Aucun : le code est demandé à chaque connexion.",
    device: (at: string) => `Depuis le ${at}`,
    until: (seen: string, until: string) => `Vu le ${seen}, jusqu’au ${until}`,
    here: "Cet appareil",
    forget: "Oublier",
    forget_of: (at: string) => `Oublier l’appareil connu depuis le ${at}`,
    forgotten: "Le code sera demandé sur cet appareil.",
    replaced: "Votre second facteur est en place.",
  },
  reset: {
    action: "Retirer le second facteur",
    title: (name: string) => `Retirer le second facteur de ${name}`,
    text: "À faire quand cette personne a perdu son téléphone et ses codes de secours, et que vous êtes sûr que c’est bien elle qui le demande. Ses appareils sont déconnectés ; elle est prévenue par courriel et en choisit un nouveau à sa prochaine connexion. L’audit le garde.",
    submit: "Retirer",
    done: (name: string) => `Le second facteur de ${name} est retiré.`,
  },
};

export type FactorCatalogue = typeof frFactor;
