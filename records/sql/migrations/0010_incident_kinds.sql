-- A path that is not UDP, and what an act has no room to list.
alter table incident
    drop constraint incident_kind_known,
    add constraint incident_kind_known check (kind in
        ('interruption', 'loss', 'relay_restart', 'reconnection', 'audio_gap', 'freeze', 'test_failed', 'fallback', 'more'));
comment on column incident.kind is 'interruption, loss, relay_restart, reconnection, audio_gap, freeze, test_failed, fallback (unit says to what), more (measure says how many)';
comment on column incident.unit is 'percent, ms, incidents; of a fallback: tcp or turn';
