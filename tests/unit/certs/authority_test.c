/* The local authority and what it issues, judged by OpenSSL's own verifier. */
#include "testing.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/authority.h"
#include "pair_private.h"

static const tl_time_us now = 1800000000LL * TL_SECOND_US;
static const tl_time_us day = 86400LL * TL_SECOND_US;

static struct tl_pair *authority;
static char folder[64];

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tl-certs-XXXXXX");
    return mkdtemp(folder) ? (int)tl_authority_make("Test", now, &authority) : 1;
}

static int end(void **state)
{
    (void)state;
    authority = tl_pair_free(authority);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *path(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *result = paths[next++ % 4];
    snprintf(result, sizeof paths[0], "%s/%s", folder, name);
    return result;
}

static struct tl_pair *issue(const char *const *names, size_t count)
{
    struct tl_pair *pair = NULL;
    assert_int_equal(tl_authority_issue_server(authority, names, count, 90, now, &pair), TL_OK);
    return pair;
}

static int verify(struct tl_pair *leaf, struct tl_pair *issuer)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, issuer->certificate);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf->certificate, NULL);
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)(now / TL_SECOND_US));
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
    int good = X509_verify_cert(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return good;
}

static void a_server_certificate_verifies_strictly_against_its_authority_only(void **state)
{
    (void)state;
    const char *names[] = { "localhost" };
    struct tl_pair *leaf = issue(names, 1), *other = NULL;
    assert_int_equal(verify(leaf, authority), 1);
    assert_int_equal(tl_pair_check_issuer(leaf, authority), TL_OK);
    assert_int_equal(tl_authority_make("Test", now, &other), TL_OK);
    assert_int_not_equal(verify(leaf, other), 1);
    assert_int_equal(tl_pair_check_issuer(leaf, other), TL_ERROR_AUTH);
    tl_pair_free(other);
    tl_pair_free(leaf);
}

static void
a_certificate_serves_the_names_and_addresses_it_was_issued_for_and_no_other(void **state)
{
    (void)state;
    const char *names[] = { "visite.exemple.fr", "127.0.0.1", "::1" };
    struct tl_pair *leaf = issue(names, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tl_pair_check_server(leaf, names[i], now), TL_OK);
    assert_int_equal(tl_pair_check_server(leaf, NULL, now), TL_OK);
    const char *others[] = { "exemple.fr", "x.visite.exemple.fr", "127.0.0.2", "::2",
                             "server" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(tl_pair_check_server(leaf, others[i], now), TL_ERROR_MISSING);
    tl_pair_free(leaf);
}

static void a_certificate_is_good_from_its_first_second_to_its_last(void **state)
{
    (void)state;
    const char *names[] = { "localhost" };
    struct tl_pair *leaf = issue(names, 1);
    struct tl_pair_facts facts;
    assert_int_equal(tl_pair_read_facts(leaf, &facts), TL_OK);
    assert_true(facts.not_after - facts.not_before == 90 * day);
    assert_int_equal(tl_pair_check_server(leaf, NULL, facts.not_before), TL_OK);
    assert_int_equal(tl_pair_check_server(leaf, NULL, facts.not_before - 1), TL_ERROR_TIMEOUT);
    assert_int_equal(tl_pair_check_server(leaf, NULL, facts.not_after - 1), TL_OK);
    assert_int_equal(tl_pair_check_server(leaf, NULL, facts.not_after), TL_ERROR_TIMEOUT);
    tl_pair_free(leaf);
}

static void an_authority_serves_no_name_and_signs_no_authority(void **state)
{
    (void)state;
    assert_int_equal(tl_pair_check_server(authority, "localhost", now), TL_ERROR_UNSUPPORTED);
    const char *names[] = { "localhost", "deep" };
    struct tl_pair *leaf = issue(names, 1), *below = NULL;
    assert_int_equal(tl_authority_issue_server(leaf, names, 1, 30, now, &below), TL_OK);
    assert_int_not_equal(verify(below, authority), 1);
    tl_pair_free(below);
    tl_pair_free(leaf);
}

static void limits_of_issuing_hold_at_their_edge(void **state)
{
    (void)state;
    const char *names[TL_SERVER_NAMES_LIMIT + 1];
    static char texts[TL_SERVER_NAMES_LIMIT + 1][16];
    for (size_t i = 0; i <= TL_SERVER_NAMES_LIMIT; i++) {
        snprintf(texts[i], sizeof texts[i], "h%zu.fr", i);
        names[i] = texts[i];
    }
    struct tl_pair *pair = issue(names, TL_SERVER_NAMES_LIMIT);
    pair = tl_pair_free(pair);
    assert_int_equal(
        tl_authority_issue_server(authority, names, TL_SERVER_NAMES_LIMIT + 1, 90, now, &pair),
        TL_ERROR_LIMIT);
    assert_int_equal(tl_authority_issue_server(authority, names, 0, 90, now, &pair),
                     TL_ERROR_LIMIT);
    assert_int_equal(tl_authority_issue_server(authority, names, 1, 0, now, &pair),
                     TL_ERROR_RANGE);
    assert_int_equal(
        tl_authority_issue_server(authority, names, 1, TL_SERVER_DAYS_LIMIT + 1, now, &pair),
        TL_ERROR_RANGE);
    assert_int_equal(tl_authority_issue_server(authority, names, 1, TL_SERVER_DAYS_LIMIT,
                                               now + (TL_AUTHORITY_DAYS - 30) * day, &pair),
                     TL_ERROR_STATE);
    assert_null(pair);
    assert_int_equal(
        tl_authority_issue_server(authority, names, 1, TL_SERVER_DAYS_LIMIT, now, &pair),
        TL_OK);
    tl_pair_free(pair);

    char name[TL_COMMON_NAME_LIMIT + 2];
    memset(name, 'a', sizeof name);
    name[TL_COMMON_NAME_LIMIT + 1] = 0;
    pair = NULL;
    assert_int_equal(tl_authority_make(name, now, &pair), TL_ERROR_RANGE);
    assert_int_equal(tl_authority_make("", now, &pair), TL_ERROR_RANGE);
    assert_int_equal(tl_authority_make("\xff", now, &pair), TL_ERROR_RANGE);
    assert_null(pair);
    name[TL_COMMON_NAME_LIMIT] = 0;
    assert_int_equal(tl_authority_make(name, now, &pair), TL_OK);
    tl_pair_free(pair);
}

static void a_name_is_a_host_name_or_an_address_and_nothing_else(void **state)
{
    (void)state;
    static const char *const good[] = { "a",         "localhost", "a-b.example", "1.fr",
                                        "127.0.0.1", "::1",       "fd00::2" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(tl_name_check(good[i]), TL_OK);
    static const char *const bad[] = { "",    ".",        "a..b",    "-a",  "a-",
                                       "a.",  "a-.b",     "a,DNS:b", "a b", "*.a",
                                       "a/b", "\303\251", "a\nDNS:b" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(tl_name_check(bad[i]), TL_ERROR_FORMAT);
    char label[65 + 4];
    memset(label, 'a', sizeof label);
    strcpy(label + 63, ".fr");
    assert_int_equal(tl_name_check(label), TL_OK);
    memset(label, 'a', 64);
    strcpy(label + 64, ".fr");
    assert_int_equal(tl_name_check(label), TL_ERROR_FORMAT);
    char name[TL_NAME_LIMIT + 2];
    for (size_t i = 0; i < TL_NAME_LIMIT; i++)
        name[i] = i % 2 ? '.' : 'a';
    name[TL_NAME_LIMIT] = 0;
    assert_int_equal(tl_name_check(name), TL_OK);
    name[TL_NAME_LIMIT - 1] = 'a';
    name[TL_NAME_LIMIT - 2] = 'a';
    name[TL_NAME_LIMIT] = 'a';
    name[TL_NAME_LIMIT + 1] = 0;
    assert_int_equal(tl_name_check(name), TL_ERROR_FORMAT);
}

static void a_pair_survives_its_files_and_the_key_is_readable_by_its_owner_only(void **state)
{
    (void)state;
    const char *names[] = { "localhost" };
    struct tl_pair *pair = issue(names, 1), *again = NULL;
    mode_t before = umask(0);
    assert_int_equal(tl_pair_save(pair, path("s.crt"), path("s.key")), TL_OK);
    umask(before);
    struct stat status;
    assert_int_equal(stat(path("s.key"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(path("s.key.new"), &status), -1);
    assert_int_equal(tl_pair_load(path("s.crt"), path("s.key"), &again), TL_OK);
    struct tl_pair_facts a, b;
    tl_pair_read_facts(pair, &a);
    tl_pair_read_facts(again, &b);
    assert_memory_equal(a.fingerprint, b.fingerprint, sizeof a.fingerprint);
    assert_memory_equal(a.key_pin, b.key_pin, sizeof a.key_pin);
    tl_pair_free(again);
    tl_pair_free(pair);
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    const char *names[] = { "localhost" };
    struct tl_pair *one = issue(names, 1), *two = issue(names, 1), *mixed = NULL;
    assert_int_equal(tl_pair_save(one, path("1.crt"), path("1.key")), TL_OK);
    assert_int_equal(tl_pair_save(two, path("2.crt"), path("2.key")), TL_OK);
    assert_int_equal(tl_pair_load(path("1.crt"), path("2.key"), &mixed), TL_ERROR_AUTH);
    assert_null(mixed);
    tl_pair_free(one);
    tl_pair_free(two);
}

static void write_file(const char *name, const char *data, size_t size)
{
    FILE *file = fopen(path(name), "wb");
    assert_non_null(file);
    fwrite(data, 1, size, file);
    fclose(file);
}

static void missing_cut_encrypted_and_huge_files_are_refused_by_their_reason(void **state)
{
    (void)state;
    const char *names[] = { "localhost" };
    struct tl_pair *pair = issue(names, 1), *none = NULL;
    assert_int_equal(tl_pair_save(pair, path("s.crt"), path("s.key")), TL_OK);
    assert_int_equal(tl_pair_load(path("no.crt"), path("s.key"), &none), TL_ERROR_MISSING);
    assert_int_equal(tl_pair_load(path("s.crt"), path("no.key"), &none), TL_ERROR_MISSING);
    assert_int_equal(tl_pair_load(path("s.key"), path("s.crt"), &none), TL_ERROR_FORMAT);

    FILE *file = fopen(path("s.crt"), "rb");
    char text[4096];
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    /* The last line feed alone is not missed. */
    for (size_t cut = 0; cut + 2 < size; cut += 7) {
        write_file("cut.crt", text, cut);
        assert_int_equal(tl_pair_load(path("cut.crt"), path("s.key"), &none), TL_ERROR_FORMAT);
    }

    file = fopen(path("locked.key"), "wb");
    assert_int_equal(PEM_write_PrivateKey(file, pair->key, EVP_aes_128_cbc(),
                                          (unsigned char *)"word", 4, NULL, NULL),
                     1);
    fclose(file);
    assert_int_equal(tl_pair_load(path("s.crt"), path("locked.key"), &none), TL_ERROR_FORMAT);

    static char huge[TL_PAIR_FILE_LIMIT_BYTES + 1];
    write_file("huge.crt", huge, sizeof huge);
    assert_int_equal(tl_pair_load(path("huge.crt"), path("s.key"), &none), TL_ERROR_LIMIT);
    assert_null(none);
    tl_pair_free(pair);
}

static void a_save_that_fails_leaves_what_was_there(void **state)
{
    (void)state;
    const char *names[] = { "localhost" };
    struct tl_pair *pair = issue(names, 1), *other = issue(names, 1), *again = NULL;
    assert_int_equal(tl_pair_save(pair, path("s.crt"), path("s.key")), TL_OK);
    /* A folder where the file beside would be written. */
    assert_int_equal(mkdir(path("s.crt.new"), 0700), 0);
    assert_int_equal(tl_pair_save(other, path("s.crt"), path("s.key")), TL_ERROR_IO);
    assert_int_equal(tl_pair_load(path("s.crt"), path("s.key"), &again), TL_OK);
    struct stat status;
    assert_int_equal(stat(path("s.key.new"), &status), -1);
    tl_pair_free(again);
    tl_pair_free(other);
    tl_pair_free(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_certificate_verifies_strictly_against_its_authority_only),
        cmocka_unit_test(
            a_certificate_serves_the_names_and_addresses_it_was_issued_for_and_no_other),
        cmocka_unit_test(a_certificate_is_good_from_its_first_second_to_its_last),
        cmocka_unit_test(an_authority_serves_no_name_and_signs_no_authority),
        cmocka_unit_test(limits_of_issuing_hold_at_their_edge),
        cmocka_unit_test(a_name_is_a_host_name_or_an_address_and_nothing_else),
        cmocka_unit_test(a_pair_survives_its_files_and_the_key_is_readable_by_its_owner_only),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(missing_cut_encrypted_and_huge_files_are_refused_by_their_reason),
        cmocka_unit_test(a_save_that_fails_leaves_what_was_there),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
