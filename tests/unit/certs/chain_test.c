/* What a server serves and whom it believes, judged before it is used. */
#include "testing.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certs/authority.h"
#include "certs/chain.h"
#include "certs/issued.h"
#include "certs/trust.h"
#include "pair_private.h"

static const tl_time_us day = 86400LL * TL_SECOND_US;
static tl_time_us now;
static struct tl_pair *authority, *leaf;
static char why[TL_WHY_SIZE];

static int begin(void **state)
{
    (void)state;
    static const char *const names[] = { "localhost" };
    now = tl_clock_wall();
    return tl_authority_make("Test", now, &authority) ||
           tl_authority_issue_server(authority, names, 1, 90, now, &leaf);
}

static int end(void **state)
{
    (void)state;
    authority = tl_pair_free(authority);
    leaf = tl_pair_free(leaf);
    return 0;
}

/* An open file without a name. */
static int file_of(const char *text, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fflush(file);
    int fd = dup(fileno(file));
    fclose(file);
    return fd; /* its offset stands at the end: readers begin at the beginning */
}

static int pem_of(const struct tl_pair *const *pairs, size_t count, const char *tail)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    for (size_t i = 0; i < count; i++)
        PEM_write_bio_X509(bio, pairs[i]->certificate);
    BIO_puts(bio, tail);
    long size = BIO_get_mem_data(bio, &data);
    int fd = file_of(data, (size_t)size);
    BIO_free(bio);
    return fd;
}

static int key_of(const struct tl_pair *pair)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    PEM_write_bio_PrivateKey(bio, pair->key, NULL, NULL, 0, NULL, NULL);
    long size = BIO_get_mem_data(bio, &data);
    int fd = file_of(data, (size_t)size);
    BIO_free(bio);
    return fd;
}

static enum tl_error open_with(int certificates, int key, struct tl_chain **ret_chain)
{
    *ret_chain = NULL;
    enum tl_error error = tl_chain_open(certificates, key, ret_chain, why);
    if (certificates >= 0)
        close(certificates);
    if (key >= 0)
        close(key);
    if (error)
        assert_null(*ret_chain);
    return error;
}

static enum tl_error open_chain(const struct tl_pair *const *pairs, size_t count,
                                struct tl_chain **ret_chain)
{
    return open_with(pem_of(pairs, count, ""), key_of(pairs[0]), ret_chain);
}

static void a_chain_is_good_for_its_name_from_its_first_second_to_its_last(void **state)
{
    (void)state;
    const struct tl_pair *pairs[] = { leaf, authority };
    struct tl_chain *chain;
    struct tl_pair_facts facts;
    assert_int_equal(open_chain(pairs, 2, &chain), TL_OK);
    assert_int_equal(tl_pair_read_facts(leaf, &facts), TL_OK);
    assert_true(tl_chain_ends(chain) == facts.not_after);
    assert_int_equal(tl_chain_check(chain, "localhost", now, why), TL_OK);
    assert_int_equal(tl_chain_check(chain, NULL, facts.not_after - 1, why), TL_OK);
    assert_int_equal(tl_chain_check(chain, "localhost", facts.not_after, why),
                     TL_ERROR_TIMEOUT);
    assert_string_equal(why, "the certificate has ended or is not valid yet");
    assert_int_equal(tl_chain_check(chain, "localhost", facts.not_before - 1, why),
                     TL_ERROR_TIMEOUT);
    assert_int_equal(tl_chain_check(chain, "other.fr", now, why), TL_ERROR_MISSING);
    assert_string_equal(why, "the certificate is not for the name other.fr");
    tl_chain_free(chain);
}

static void a_chain_ends_with_the_first_of_its_certificates(void **state)
{
    (void)state;
    static const char *const names[] = { "localhost" };
    struct tl_pair *brief, *server;
    struct tl_chain *chain;
    /* An authority of another age: the leaf outlives nothing, so the issuer is made to end first. */
    assert_int_equal(tl_authority_make("Brief", now - (TL_AUTHORITY_DAYS - 100) * day, &brief),
                     TL_OK);
    assert_int_equal(tl_authority_issue_server(brief, names, 1, 90, now, &server), TL_OK);
    const struct tl_pair *pairs[] = { server, brief };
    assert_int_equal(open_chain(pairs, 2, &chain), TL_OK);
    struct tl_pair_facts facts;
    assert_int_equal(tl_pair_read_facts(brief, &facts), TL_OK);
    assert_int_equal(tl_chain_check(chain, NULL, now, why), TL_OK);
    assert_true(tl_chain_ends(chain) <= facts.not_after);
    tl_chain_free(chain);
    tl_pair_free(server);
    tl_pair_free(brief);
}

static void a_chain_in_the_wrong_order_or_of_strangers_is_refused(void **state)
{
    (void)state;
    struct tl_pair *stranger;
    struct tl_chain *chain;
    assert_int_equal(tl_authority_make("Test", now, &stranger), TL_OK); /* the same name */
    const struct tl_pair *pairs[] = { leaf, stranger };
    assert_int_equal(open_chain(pairs, 2, &chain), TL_OK);
    assert_int_equal(tl_chain_check(chain, "localhost", now, why), TL_ERROR_AUTH);
    tl_chain_free(chain);
    const struct tl_pair *turned[] = { authority, leaf };
    assert_int_equal(open_chain(turned, 2, &chain), TL_OK);
    assert_int_equal(tl_chain_check(chain, NULL, now, why), TL_ERROR_UNSUPPORTED);
    tl_chain_free(chain);
    tl_pair_free(stranger);
}

static void what_cannot_be_a_chain_is_refused_with_its_reason(void **state)
{
    (void)state;
    const struct tl_pair *one[] = { leaf };
    struct tl_chain *chain;
    static char large[TL_PAIR_FILE_LIMIT_BYTES + 1];
    int fds[2];
    memset(large, 'a', sizeof large);
    assert_int_equal(open_with(pem_of(one, 1, ""), key_of(authority), &chain), TL_ERROR_AUTH);
    assert_int_equal(open_with(pem_of(one, 1, ""), file_of("x", 1), &chain), TL_ERROR_FORMAT);
    assert_int_equal(open_with(file_of("", 0), key_of(leaf), &chain), TL_ERROR_FORMAT);
    assert_int_equal(
        open_with(pem_of(one, 1, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
                  key_of(leaf), &chain),
        TL_ERROR_FORMAT);
    assert_int_equal(open_with(file_of(large, sizeof large - 1), key_of(leaf), &chain),
                     TL_ERROR_FORMAT);
    assert_int_equal(open_with(file_of(large, sizeof large), key_of(leaf), &chain),
                     TL_ERROR_LIMIT);
    assert_int_equal(open_with(-1, key_of(leaf), &chain), TL_ERROR_IO);
    assert_int_equal(pipe(fds), 0); /* nobody waits for a pipe */
    assert_int_equal(open_with(fds[0], key_of(leaf), &chain), TL_ERROR_IO);
    close(fds[1]);
}

static void issuers_are_counted_to_their_limit(void **state)
{
    (void)state;
    const struct tl_pair *pairs[TL_CHAIN_ISSUERS_LIMIT + 2];
    struct tl_chain *chain;
    for (size_t i = 0; i < TL_CHAIN_ISSUERS_LIMIT + 2; i++)
        pairs[i] = i ? authority : leaf;
    assert_int_equal(open_chain(pairs, TL_CHAIN_ISSUERS_LIMIT + 1, &chain), TL_OK);
    tl_chain_free(chain);
    assert_int_equal(open_chain(pairs, TL_CHAIN_ISSUERS_LIMIT + 2, &chain), TL_ERROR_LIMIT);
}

/* ---- trust ---- */

static int list_of(struct tl_index *index, const struct tl_pair *signer, unsigned hours,
                   tl_time_us at)
{
    char *pem;
    size_t size;
    assert_int_equal(tl_index_list(index, signer, hours, at, &pem, &size), TL_OK);
    int fd = file_of(pem, size);
    free(pem);
    return fd;
}

static enum tl_error trust(int authorities, int list, tl_time_us at)
{
    struct tl_trust *made = NULL;
    enum tl_error error = tl_trust_open(authorities, list, at, &made, why);
    close(authorities);
    close(list);
    if (error)
        assert_null(made);
    tl_trust_free(made);
    return error;
}

static void an_authority_is_trusted_with_a_list_of_its_own_that_has_not_ended(void **state)
{
    (void)state;
    const struct tl_pair *one[] = { authority };
    const struct tl_pair *servers[] = { leaf };
    struct tl_index index = { 0 };
    struct tl_pair *stranger, *namesake;
    assert_int_equal(tl_authority_make("Stranger", now, &stranger), TL_OK);
    assert_int_equal(tl_authority_make("Test", now, &namesake), TL_OK);
    assert_int_equal(trust(pem_of(one, 1, ""), list_of(&index, authority, 24, now), now),
                     TL_OK);
    assert_int_equal(
        trust(pem_of(one, 1, ""), list_of(&index, authority, 24, now), now + day - 1000000),
        TL_OK);
    assert_int_equal(trust(pem_of(one, 1, ""), list_of(&index, authority, 24, now), now + day),
                     TL_ERROR_TIMEOUT);
    assert_int_equal(trust(pem_of(one, 1, ""), list_of(&index, authority, 24, now + day), now),
                     TL_ERROR_TIMEOUT);
    assert_int_equal(trust(pem_of(one, 1, ""), list_of(&index, stranger, 24, now), now),
                     TL_ERROR_MISSING);
    assert_int_equal(trust(pem_of(one, 1, ""), list_of(&index, namesake, 24, now), now),
                     TL_ERROR_AUTH);
    assert_int_equal(trust(pem_of(servers, 1, ""), list_of(&index, authority, 24, now), now),
                     TL_ERROR_FORMAT);
    assert_int_equal(trust(pem_of(one, 1, ""), file_of("", 0), now), TL_ERROR_FORMAT);
    assert_int_equal(trust(file_of("", 0), list_of(&index, authority, 24, now), now),
                     TL_ERROR_FORMAT);
    tl_pair_free(stranger);
    tl_pair_free(namesake);
}

static void authorities_are_counted_to_their_limit(void **state)
{
    (void)state;
    const struct tl_pair *many[TL_TRUST_AUTHORITIES_LIMIT + 1];
    struct tl_index index = { 0 };
    for (size_t i = 0; i < TL_TRUST_AUTHORITIES_LIMIT + 1; i++)
        many[i] = authority;
    assert_int_equal(trust(pem_of(many, TL_TRUST_AUTHORITIES_LIMIT, ""),
                           list_of(&index, authority, 24, now), now),
                     TL_OK);
    assert_int_equal(trust(pem_of(many, TL_TRUST_AUTHORITIES_LIMIT + 1, ""),
                           list_of(&index, authority, 24, now), now),
                     TL_ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_good_for_its_name_from_its_first_second_to_its_last),
        cmocka_unit_test(a_chain_ends_with_the_first_of_its_certificates),
        cmocka_unit_test(a_chain_in_the_wrong_order_or_of_strangers_is_refused),
        cmocka_unit_test(what_cannot_be_a_chain_is_refused_with_its_reason),
        cmocka_unit_test(issuers_are_counted_to_their_limit),
        cmocka_unit_test(an_authority_is_trusted_with_a_list_of_its_own_that_has_not_ended),
        cmocka_unit_test(authorities_are_counted_to_their_limit),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
