-- What has left is not kept: the courier empties the seal, the row and its state stay.
update outbox set sealed = '' where delivered_at is not null;
comment on column outbox.sealed is 'Sealed to the courier; empty once delivered';
-- Counted each second by the courier, without a look at all that was ever sent.
create index outbox_dead on outbox (dead_at) where dead_at is not null;
