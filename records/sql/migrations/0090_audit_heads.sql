-- The heads of the chains, for the checkpoints that are signed and written outside the database.
grant select on audit_head to teleloire_system;
create policy audit_head_system on audit_head for select to teleloire_system using (true);
