-- A person changes the password of their own account; the program asks for the old one.
grant update (password_hash) on account to teleloire_records;
