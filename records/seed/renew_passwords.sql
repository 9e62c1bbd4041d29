-- New passwords for the demo's accounts; sessions opened with the old ones end.
create temp table account_in (login text, password_hash text) on commit drop;
\copy account_in from pstdin with (format text)

update account as a
set password_hash = i.password_hash,
    created_at = now()
from account_in as i, person as p
where a.login = i.login
  and p.id = a.person_id
  and p.demo;

update web_session as s
set ended_at = now()
from account as a
join account_in as i using (login)
where s.account_id = a.id
  and s.ended_at is null;
