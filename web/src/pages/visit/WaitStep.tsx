// The waiting room: the place in the queue, and the promise to be told.
import type { Visit } from "../../api/types.ts";
import type { CallSession } from "../../call/session.ts";
import { useAwake } from "../../app/awake.ts";
import { Button } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Video } from "../../components/Media.tsx";
import { Notice } from "../../components/Notice.tsx";
import { Refused } from "../../components/Refused.tsx";
import { format, text } from "../../text/index.ts";
import type { LocalMedia } from "../call/local.ts";
import { CallStructure } from "./CallStructure.tsx";
import { turnWords } from "./turn.ts";
import { VisitFrame } from "./VisitFrame.tsx";

interface Props {
  call: CallSession;
  local: LocalMedia;
  visit: Visit;
  moved: boolean;
}

export function WaitStep({ call, local, visit, moved }: Props) {
  const t = text();
  const v = t.visit;
  useAwake();
  const queue = call.queue.value;
  const line = call.line.value;
  const turn = turnWords(v, queue, visit.professional);
  return (
    <VisitFrame step={3}>
      <h1 tabIndex={-1}>{v.wait_title}</h1>
      {line !== "ok" && <Notice tone="wait">{t.call.reconnecting}</Notice>}
      {moved && <Notice tone="wait">{v.rescheduled}</Notice>}
      <div class="visit-queue" role="status">
        {queue ? (
          <>
            <span class="visit-place" aria-hidden="true">
              {queue.place}
            </span>
            <p>
              <strong>{turn.place}</strong>
              {turn.before && <span> {turn.before}</span>}
            </p>
          </>
        ) : (
          <p>
            <span class="spinner" aria-hidden="true" /> {t.call.joining}
          </p>
        )}
      </div>
      <p class="visit-lead">{turn.professional}</p>
      <p class="visit-line">
        <Icon name="clock" /> {v.wait_planned(format().time(visit.starts_at))}
      </p>
      {queue && !queue.host_in && <CallStructure phone={visit.structure_phone} />}
      {local.camera.value && (
        <div class="visit-mirror visit-mirror-small">
          <Video track={local.camera.value} mirrored label={t.call.you} />
        </div>
      )}
      <Refused refusal={local.refusal.value} onRetry={() => void local.start()} />
      <p class="soft">{v.wait_stay}</p>
      <Button tone="quiet" icon="out" onClick={() => call.leave()}>
        {v.wait_leave}
      </Button>
    </VisitFrame>
  );
}
