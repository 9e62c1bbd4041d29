/* The files of the pages: what is in the table exists, and nothing else does. */
#include "testing.h"

#include <fcntl.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_served_with_their_type_and_hash),
        cmocka_unit_test(addresses_of_the_application_give_its_page),
        cmocka_unit_test(hidden_files_links_and_other_kinds_do_not_exist),
        cmocka_unit_test(a_folder_without_index_is_not_served),
    };
    return cmocka_run_group_tests(tests, make, sweep);
}
