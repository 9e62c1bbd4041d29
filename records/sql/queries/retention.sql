-- Records at the end of their term. As the owner of the tables.

-- name: retention_over
-- After $1, those whose last act is $2 years past; who asked for a restriction wants them kept.
select p.id, sealed('patient.identity/birth_date', p.id::text, p.identity), rfc3339(patient_last_at(p))
from patient as p
where p.id > $1::uuid
  and patient_last_at(p) < now() - make_interval(years => $2::integer)
  and not patient_is_restricted(p.id)
order by p.id
limit 100

-- name: retention_purge
-- Once more that it is over: an act may have been planned since it was looked at.
select purge_patient(p.id, $2::text)
from patient as p
where p.id = $1::uuid
  and patient_last_at(p) < now() - make_interval(years => $3::integer)
  and not patient_is_restricted(p.id)
