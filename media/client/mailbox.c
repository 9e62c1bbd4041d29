#include "mailbox.h"

#include <ctype.h>
#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/secret.h"

enum { MESSAGE_LIMIT = 256 * 1024, PATH_SIZE = 4096 };

/* base64 with its line ends taken out, decoded in place. */
static void decode(char *text)
{
    size_t count = 0;
    for (const char *c = text; *c; c++)
        if (!isspace((unsigned char)*c))
            text[count++] = *c;
    /* Never longer than what it came from, so that in place is safe. */
    int size = EVP_DecodeBlock((unsigned char *)text, (unsigned char *)text, (int)count);
    text[size > 0 ? size : 0] = 0;
}

static void find_token(const char *text, char *token)
{
    const char *at = strstr(text, "/visite#");
    if (!at)
        return;
    at += strlen("/visite#");
    size_t size =
        strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    (void)tl_text_copy((struct tl_text){ at, size }, token, TL_MAIL_TOKEN_SIZE);
}

/* Six digits that stand alone. */
static void find_code(const char *text, char *code)
{
    for (const char *c = text; *c; c++) {
        size_t digits = strspn(c, "0123456789");
        if (digits == 6)
            (void)tl_text_copy((struct tl_text){ c, 6 }, code, TL_MAIL_CODE_SIZE);
        if (digits)
            c += digits - 1;
    }
}

bool tl_mail_read(struct tl_bytes message, const char *address,
                  struct tl_mail_invitation *invitation)
{
    tl_autofree char *head = malloc(message.size + 1);
    if (!head)
        return false;
    memcpy(head, message.data, message.size);
    head[message.size] = 0;
    char *body = strstr(head, "\r\n\r\n");
    size_t gap = 4;
    if (!body) {
        body = strstr(head, "\n\n");
        gap = 2;
    }
    if (!body)
        return false;
    *body = 0;
    if (!strstr(head, address))
        return false;
    char *text = body + gap;
    if (strcasestr(head, "Content-Transfer-Encoding: base64"))
        decode(text);
    /* The message with the link has no code in it. */
    if (strstr(text, "/visite#"))
        find_token(text, invitation->token);
    else
        find_code(text, invitation->code);
    return true;
}

enum tl_error tl_mailbox_find(const char *folder, const char *address, long since,
                              struct tl_mail_invitation *ret_invitation)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return TL_ERROR_IO;
    struct tl_mail_invitation found = { .token = "" };
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[PATH_SIZE];
        struct stat status;
        tl_autofree char *message = NULL;
        size_t length = strlen(entry->d_name), size;
        if (entry->d_name[0] == '.' || length < 4 ||
            strcmp(entry->d_name + length - 4, ".eml") != 0)
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= PATH_SIZE ||
            stat(path, &status) != 0 || status.st_mtime < since ||
            tl_file_read(path, MESSAGE_LIMIT, &message, &size))
            continue;
        (void)tl_mail_read(tl_bytes(message, size), address, &found);
    }
    closedir(directory);
    if (!found.token[0] || !found.code[0])
        return TL_ERROR_MISSING;
    *ret_invitation = found;
    return TL_OK;
}
