// The structure's number, to touch: who is told to call it need not look for it.
import { LinkButton } from "../../components/Button.tsx";
import { phoneShown } from "../../components/Contact.ts";
import { text } from "../../text/index.ts";

export function CallStructure({ phone }: { phone: string | null | undefined }) {
  if (!phone) return null;
  return (
    <LinkButton href={`tel:${phone}`} icon="handset">
      {text().visit.call_structure(phoneShown(phone))}
    </LinkButton>
  );
}
