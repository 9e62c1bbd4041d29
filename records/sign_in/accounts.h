/* Accounts from the operator's terminal: `teleloire account ...`, where nobody is signed in yet.
 * Runs as the owner of the database, who alone may write accounts. */
#ifndef TL_RECORDS_ACCOUNTS_H
#define TL_RECORDS_ACCOUNTS_H

#include "db/db.h"

enum { TL_ACCOUNT_NAME_SIZE = 101, TL_ACCOUNT_PASSWORD_SIZE = 32 };

/* A person's name as the field writes it: "Dr Jeanne MARTIN", "Mme Marie Claude LE GOFF". */
struct tl_account_name {
    char prefix[8]; /* Dr, Pr, M., Mme or nothing */
    char given[TL_ACCOUNT_NAME_SIZE], family[TL_ACCOUNT_NAME_SIZE];
};

/* The family name is the words in capitals at the end; without any, all but the first word.
 * TL_ERROR_FORMAT: one of the two is missing, or a character is no part of a name.
 * TL_ERROR_LIMIT: longer than 100 bytes. */
enum tl_error tl_account_name_read(struct tl_text text, struct tl_account_name *ret_name);
bool tl_account_email_is_valid(struct tl_text text);
/* 100 random bits, in groups a person can read out. */
void tl_account_password_make(char ret_password[TL_ACCOUNT_PASSWORD_SIZE]);

/* The command: what follows `account`. Tells the terminal how it went; its exit code. */
int tl_account_command(struct tl_db *db, int count, char **words);

#endif
