-- A membership that is over is over for row-level security too: who comes back gets a new one.
alter policy membership_update on membership
    using (ended_at is null
           and (structure_id = any ((select me_managed())::uuid[])
                or person_id = (select me_person())
                or (select me_operates())));
