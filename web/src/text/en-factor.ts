// The words of the second factor, of a fresh proof and of known devices; in English.
import type { FactorCatalogue } from "./fr-factor.ts";
import { formats } from "./format.ts";

const f = formats("en");

export const enFactor: FactorCatalogue = {
  give: {
    title: "Second factor",
    lead: (name) => `${name}, give the code your authenticator application shows.`,
    code: "6-digit code",
    recovery: "Recovery code",
    recovery_hint: "Ten letters or digits, for instance abcde-fghij. Each code opens once.",
    use_recovery: "Use a recovery code",
    use_code: "Use the application",
    remember: "This device is mine",
    remember_hint: "For 30 days the password is enough here. Do not tick it on a shared computer.",
    submit: "Confirm",
    cancel: "Back to sign-in",
    required: "Please fill in",
    demo: (code) => `Demonstration: the code is ${code}.`,
    demo_wait: "Demonstration: this code was used already. The next comes within 30 seconds.",
    demo_next: "Show the next code",
    lost: "Telephone lost, and no recovery code left? Your structure’s manager can take this second factor away.",
  },
  enrol: {
    title: "Protect your account",
    lead: "This account opens health data: a code is added to the password. An application on your telephone gives it.",
    first: "Open an authenticator application",
    first_hint: "For instance FreeOTP, Aegis, or the one your hospital recommends.",
    second: "Scan this code",
    second_hint: "Or type the key by hand:",
    qr: "Code to scan with the authenticator application",
    third: "Give the code it shows",
    submit: "Turn on",
    again: "Show another code to scan",
  },
  codes: {
    title: "Your recovery codes",
    lead: "If you lose your telephone each of these codes opens your account once. They are never shown again: print them or copy them now.",
    list: "Recovery codes",
    print: "Print",
    kept: "I have kept them safe",
    printed: (at) => `Téléloire recovery codes, ${at}`,
  },
  step_up: {
    title: "Confirm that it is you",
    lead: (minutes) =>
      `This asks for a second factor given less than ${f.plural(minutes, "# minute", "# minutes")} ago. Nothing you typed is lost.`,
    provider: (minutes) =>
      `This asks that you identified yourself less than ${f.plural(minutes, "# minute", "# minutes")} ago. Do so in another tab, then come back here: nothing you typed is lost.`,
  },
  card: {
    title: "Second factor",
    off: "Your account has no second factor.",
    since: (at) => `Turned on ${at}`,
    left: (n) => f.plural(n, "# recovery code left", "# recovery codes left"),
    none_left: "No recovery code left: make new ones.",
    enable: "Turn on",
    replace: "Replace",
    new_codes: "New recovery codes",
    devices: "Devices where the password is enough",
    no_device: "None: the code is asked for at each sign-in.",
    device: (at) => `Since ${at}`,
    until: (seen, until) => `Seen ${seen}, until ${until}`,
    here: "This device",
    forget: "Forget",
    forget_of: (at) => `Forget the device known since ${at}`,
    forgotten: "The code will be asked for on this device.",
    replaced: "Your second factor is in place.",
  },
  reset: {
    action: "Take the second factor away",
    title: (name) => `Take the second factor of ${name} away`,
    text: "For when this person has lost both telephone and recovery codes, and you are sure it is they who ask. Their devices are signed out; they are told by mail and choose a new one at the next sign-in. The audit keeps it.",
    submit: "Take away",
    done: (name) => `The second factor of ${name} was taken away.`,
  },
};
