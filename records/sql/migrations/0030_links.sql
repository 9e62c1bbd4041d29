-- A link's end, a code's one use, and what became of an act that was not held.

create or replace function invitation_is_expired(a act) returns boolean
language sql stable as $$
    select now() > a.starts_at + make_interval(mins => a.duration_min)
                 + case when a.state in ('live', 'waiting') then interval '36 hours' else interval '12 hours' end
$$;
comment on function invitation_is_expired is
    'Half a day after the planned end; a day and a half while somebody waits or the session lives, and never longer';

create or replace function invitation_state(i invitation, a act) returns text
language sql stable as $$
    select case
        when i.replaced_at is not null then 'replaced'
        when a.state = 'not_done' and a.cancelled then 'cancelled'
        when a.state = 'not_done' then 'not_held'
        when act_is_over(a.state) then 'ended'
        when i.tries >= 5 then 'locked'
        when invitation_is_expired(a) then 'expired'
        when i.verified_at is not null then 'verified'
        when i.opened_at is not null then 'opened'
        else 'sent'
    end
$$;

create or replace function act_invitation_json(a act) returns json
language sql stable as $$
    select json_build_object(
        'state', case when invitation_state(i, a) in ('cancelled', 'not_held') then 'ended'
                      else invitation_state(i, a) end,
        'sent_at', rfc3339(i.sent_at),
        'channel', case when i.phone is null then 'email' when i.email is null then 'sms' else 'both' end)
    from invitation as i
    where i.act_id = a.id
      and i.role = 'patient'
      and i.replaced_at is null
    order by i.created_at desc
    limit 1
$$;

-- A code opens once: when it was right it is gone.
alter table invitation alter column code_hash drop not null;
alter table delivery alter column code_hash drop not null;
comment on column invitation.code_hash is 'Keyed hash of the six digits; null once they were used';
comment on column delivery.code_hash is 'Keyed hash of the six digits; null once they were used';

-- What the patient is given: the newest report, and the prescription that was chosen with it.
create function document_is_given(d document) returns boolean
language sql stable as $$
    select d.deleted_at is null
       and ((d.kind = 'report' and d.id = (select n.id from document as n
                                            where n.act_id = d.act_id and n.kind = 'report' and n.deleted_at is null
                                            order by n.created_at desc, n.id desc limit 1))
            or d.id = (select r.prescription_id from report as r
                       where r.act_id = d.act_id
                       order by r.version desc limit 1))
$$;
comment on function document_is_given is 'The patient may read it: the newest report, and the prescription chosen with it';
grant execute on function document_is_given(document) to teleloire_records;
