-- A probe of a site's line has no act and no person: its ticket opens an equipment test and nothing else.
alter table ticket drop constraint ticket_of_one;
alter table ticket add constraint ticket_of_one check (
    num_nonnulls(person_id, invitation_id) = 1
    or (kind = 'test' and num_nonnulls(act_id, person_id, invitation_id) = 0));
comment on column ticket.person_id is 'For which professional';
comment on column ticket.invitation_id is 'or which visitor; neither: a probe';
