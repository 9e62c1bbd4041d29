/* The files of the pages: what is in the table exists, and nothing else does. */
#include "testing.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "door/pages.h"

static char root[64];

static void put(const char *path, const char *content)
{
    char file[128];
    snprintf(file, sizeof file, "%s%s", root, path);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
}

static int make(void **state)
{
    (void)state;
    char folder[128];
    snprintf(root, sizeof root, "/tmp/teleloire-pages-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(folder, sizeof folder, "%s/assets", root);
    mkdir(folder, 0700);
    put("/index.html", "<!doctype html>");
    put("/favicon.svg", "<svg/>");
    put("/assets/app-K3.js", "1");
    put("/assets/app-K3.js.gz", "gz");
    put("/.hidden.html", "secret");
    put("/notes.key", "secret");
    snprintf(folder, sizeof folder, "%s/link.html", root);
    return symlink("/etc/passwd", folder);
}

static int sweep(void **state)
{
    (void)state;
    static const char *const names[] = { "/index.html",       "/favicon.svg",
                                         "/assets/app-K3.js", "/assets/app-K3.js.gz",
                                         "/.hidden.html",     "/notes.key",
                                         "/link.html" };
    char file[128];
    for (size_t i = 0; i < TL_COUNT_OF(names); i++) {
        snprintf(file, sizeof file, "%s%s", root, names[i]);
        unlink(file);
    }
    snprintf(file, sizeof file, "%s/assets", root);
    rmdir(file);
    return rmdir(root);
}

static const struct tl_page *find(const struct tl_pages *pages, const char *path)
{
    return tl_pages_find(pages, tl_text(path));
}

static void files_are_served_with_their_type_and_hash(void **state)
{
    (void)state;
    struct tl_pages *pages;
    assert_int_equal(tl_pages_load(root, &pages), TL_OK);
    assert_int_equal(tl_pages_count(pages), 3);
    const struct tl_page *script = find(pages, "/assets/app-K3.js");
    assert_string_equal(script->type, "text/javascript; charset=utf-8");
    assert_true(script->hashed);
    assert_int_equal(script->gzipped.size, 2);
    assert_false(find(pages, "/favicon.svg")->hashed);
    assert_string_not_equal(script->etag, find(pages, "/favicon.svg")->etag);
    tl_pages_free(pages);
}

static void addresses_of_the_application_give_its_page(void **state)
{
    (void)state;
    struct tl_pages *pages;
    assert_int_equal(tl_pages_load(root, &pages), TL_OK);
    const struct tl_page *index = find(pages, "/index.html");
    assert_ptr_equal(find(pages, "/"), index);
    assert_ptr_equal(find(pages, "/actes/7"), index);
    assert_null(find(pages, "/missing.js"));
    assert_null(find(pages, "/assets/app"));
    tl_pages_free(pages);
}

static void hidden_files_links_and_other_kinds_do_not_exist(void **state)
{
    (void)state;
    struct tl_pages *pages;
    assert_int_equal(tl_pages_load(root, &pages), TL_OK);
    assert_null(find(pages, "/.hidden.html"));
    assert_null(find(pages, "/notes.key"));
    assert_null(find(pages, "/link.html"));
    assert_null(find(pages, "/assets/../notes.key"));
    assert_null(find(pages, "/../../etc/passwd.html"));
    tl_pages_free(pages);
}

static void a_folder_without_index_is_not_served(void **state)
{
    (void)state;
    struct tl_pages *pages;
    assert_int_equal(tl_pages_load("/nowhere/at/all", &pages), TL_ERROR_MISSING);
    assert_int_equal(tl_pages_load("/dev/fd", &pages), TL_ERROR_MISSING);
}

/* ---- limits ---- */

static char crowded[64];

static int make_crowded(void **state)
{
    (void)state;
    snprintf(crowded, sizeof crowded, "/tmp/teleloire-pages-XXXXXX");
    return mkdtemp(crowded) ? 0 : -1;
}

static int sweep_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind, (void)where;
    return remove(path);
}

static int sweep_crowded(void **state)
{
    (void)state;
    return nftw(crowded, sweep_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file of that size in the crowded folder; what it holds takes no room on the disk. */
static void lay(const char *path, long long size)
{
    char file[256];
    snprintf(file, sizeof file, "%s%s", crowded, path);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

static enum tl_error load_crowded(void)
{
    struct tl_pages *pages = NULL;
    enum tl_error error = tl_pages_load(crowded, &pages);
    tl_pages_free(pages);
    return error;
}

static void five_hundred_and_twelve_files_are_loaded_and_not_one_more(void **state)
{
    (void)state;
    char path[32];
    lay("/index.html", 1);
    for (int i = 1; i < TL_PAGES_FILES_LIMIT; i++) {
        snprintf(path, sizeof path, "/%d.svg", i);
        lay(path, 1);
    }
    lay("/notes.txt.map", 1); /* nothing a browser is given takes no place */
    assert_int_equal(load_crowded(), TL_OK);
    lay("/0.svg", 1);
    assert_int_equal(load_crowded(), TL_ERROR_LIMIT);
}

static void a_file_has_16_mib_at_most_and_all_of_them_64(void **state)
{
    (void)state;
    lay("/index.html", TL_PAGES_FILE_LIMIT_BYTES);
    lay("/1.svg", TL_PAGES_FILE_LIMIT_BYTES);
    assert_int_equal(load_crowded(), TL_OK);
    lay("/1.svg", TL_PAGES_FILE_LIMIT_BYTES + 1);
    assert_int_equal(load_crowded(), TL_ERROR_LIMIT);
    lay("/1.svg", TL_PAGES_FILE_LIMIT_BYTES);
    lay("/1.svg.gz", TL_PAGES_FILE_LIMIT_BYTES); /* counts too */
    lay("/2.svg", TL_PAGES_FILE_LIMIT_BYTES);
    assert_int_equal(load_crowded(), TL_OK);
    lay("/3.svg", 1);
    assert_int_equal(load_crowded(), TL_ERROR_LIMIT);
}

static void folders_are_eight_deep_and_not_one_more(void **state)
{
    (void)state;
    char folder[128];
    int used = snprintf(folder, sizeof folder, "%s", crowded);
    lay("/index.html", 1);
    for (int depth = 1; depth <= TL_PAGES_DEPTH_LIMIT + 1; depth++) {
        used += snprintf(folder + used, sizeof folder - (size_t)used, "/d");
        assert_int_equal(mkdir(folder, 0700), 0);
        assert_int_equal(load_crowded(), depth > TL_PAGES_DEPTH_LIMIT ? TL_ERROR_LIMIT : TL_OK);
    }
}

#define CROWDED(name) cmocka_unit_test_setup_teardown(name, make_crowded, sweep_crowded)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_served_with_their_type_and_hash),
        cmocka_unit_test(addresses_of_the_application_give_its_page),
        cmocka_unit_test(hidden_files_links_and_other_kinds_do_not_exist),
        cmocka_unit_test(a_folder_without_index_is_not_served),
        CROWDED(five_hundred_and_twelve_files_are_loaded_and_not_one_more),
        CROWDED(a_file_has_16_mib_at_most_and_all_of_them_64),
        CROWDED(folders_are_eight_deep_and_not_one_more),
    };
    return cmocka_run_group_tests(tests, make, sweep);
}
