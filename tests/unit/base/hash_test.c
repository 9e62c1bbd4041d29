/* SipHash-2-4 against the vectors of its authors (the paper's appendix A and their vectors.h). */
#include "testing.h"

#include "base/hash.h"

static void the_authors_vectors_hold(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint64_t hash;
    } vectors[] = {
        { 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },  { 7, 0xab0200f58b01d137 },
        { 8, 0x93f5f5799a932462 },  { 15, 0xa129ca6149be45e5 }, { 16, 0x3f2acc7f57c29bdb },
        { 63, 0x958a324ceb064572 },
    };
    /* the key is the bytes 00 to 0f */
    struct tl_hash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
    uint8_t data[64];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        assert_true(tl_hash(&key, tl_bytes(data, vectors[i].size)) == vectors[i].hash);
}

static void two_keys_are_never_the_same(void **state)
{
    (void)state;
    struct tl_hash_key one = tl_hash_key_new(), two = tl_hash_key_new();
    assert_true(one.k[0] != two.k[0] && one.k[1] != two.k[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authors_vectors_hold),
        cmocka_unit_test(two_keys_are_never_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
