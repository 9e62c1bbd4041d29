#include "acts/report_pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    /* 50,000 and 10,000 characters, a line each at worst, and the head. */
    PAGES_LIMIT = 1120,
    LINE_CHARACTERS = 88,
    LINES_A_PAGE = 54,
    LEADING = 14,
    TOP = 790,
    LEFT = 56,
    PDF_LIMIT = 4 * 1024 * 1024,
    LINES_LIMIT = PAGES_LIMIT * LINES_A_PAGE
};

struct line {
    const uint8_t *text;
    size_t size;
    bool bold;
};

struct layout {
    uint8_t *bytes; /* Windows-1252, all lines one after the other */
    size_t used, room;
    struct line lines[LINES_LIMIT];
    size_t count;
    bool full;
};

/* One code point of valid UTF-8. */
static uint32_t next_point(const uint8_t **text)
{
    const uint8_t *c = *text;
    unsigned extra = *c < 0x80 ? 0 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : 3;
    uint32_t point = extra == 0 ? *c : *c & (0x3fu >> extra);
    for (c++; extra && (*c & 0xc0) == 0x80; extra--, c++)
        point = point << 6 | (*c & 0x3f);
    *text = c;
    return point;
}

/* Latin-1 stays; the few signs of French typography that Windows-1252 puts at 0x80 to 0x9f. */
static uint8_t to_1252(uint32_t point)
{
    static const struct {
        uint32_t point;
        uint8_t byte;
    } table[] = { { 0x20ac, 0x80 }, { 0x2026, 0x85 }, { 0x152, 0x8c },  { 0x2018, 0x91 },
                  { 0x2019, 0x92 }, { 0x201c, 0x93 }, { 0x201d, 0x94 }, { 0x2022, 0x95 },
                  { 0x2013, 0x96 }, { 0x2014, 0x97 }, { 0x153, 0x9c },  { 0x178, 0x9f },
                  { 0x202f, 0xa0 } };
    if ((point >= 0x20 && point < 0x7f) || (point >= 0xa0 && point <= 0xff))
        return (uint8_t)point;
    for (size_t i = 0; i < TL_COUNT_OF(table); i++)
        if (table[i].point == point)
            return table[i].byte;
    return point == '\t' ? ' ' : '?';
}

static void end_line(struct layout *l, size_t start, size_t end, bool bold)
{
    if (l->count == LINES_LIMIT) {
        l->full = true;
        return;
    }
    l->lines[l->count++] = (struct line){ l->bytes + start, end - start, bold };
}

/* Breaks at spaces, or in the middle of a word longer than a line. */
static void add(struct layout *l, const char *text, bool bold)
{
    const uint8_t *next = (const uint8_t *)text;
    size_t start = l->used, space = 0;
    while (*next && l->used < l->room) {
        uint32_t point = next_point(&next);
        if (point == '\n') {
            end_line(l, start, l->used, bold);
            start = l->used;
            space = 0;
            continue;
        }
        uint8_t byte = to_1252(point);
        l->bytes[l->used++] = byte;
        if (byte == ' ')
            space = l->used;
        if (l->used - start >= LINE_CHARACTERS) {
            size_t end = space > start ? space : l->used;
            end_line(l, start, end, bold);
            start = end;
            space = 0;
        }
    }
    end_line(l, start, l->used, bold);
}

static void lay_out(struct layout *l, const struct tl_report_facts *facts)
{
    char head[700];
    add(l,
        "Compte rendu de t\xc3\xa9l\xc3\xa9"
        "consultation",
        true);
    add(l, "", false);
    snprintf(head, sizeof head, "%s, %s%s%s", facts->professional, facts->profession,
             facts->rpps ? ", RPPS " : "", facts->rpps ? facts->rpps : "");
    add(l, head, false);
    add(l, facts->structure, false);
    snprintf(head, sizeof head, "Patient : %s, n\xc3\xa9(e) le %s", facts->patient,
             facts->birth_date);
    add(l, head, false);
    snprintf(head, sizeof head, "Acte du %s, version %d", facts->date, facts->version);
    add(l, head, false);
    add(l, "", false);
    add(l, facts->text, false);
    if (facts->conclusion && facts->conclusion[0]) {
        add(l, "", false);
        add(l, "Conclusion", true);
        add(l, facts->conclusion, false);
    }
}

static void write_text(struct tl_writer *w, const struct line *line)
{
    tl_write_format(w, "/%s 10 Tf (", line->bold ? "F2" : "F1");
    for (size_t i = 0; i < line->size; i++) {
        uint8_t c = line->text[i];
        if (c == '(' || c == ')' || c == '\\')
            tl_write_u8(w, '\\');
        tl_write_u8(w, c);
    }
    tl_write_format(w, ") Tj T*\n");
}

static size_t begin_object(struct tl_writer *w, unsigned number, size_t *offsets)
{
    offsets[number] = w->used;
    tl_write_format(w, "%u 0 obj\n", number);
    return w->used;
}

static void write_page(struct tl_writer *w, const struct layout *l, size_t page,
                       unsigned number, size_t *offsets, uint8_t *scratch)
{
    struct tl_writer s = tl_writer(scratch, PDF_LIMIT);
    size_t first = page * LINES_A_PAGE;
    tl_write_format(&s, "BT %d TL %d %d Td\n", LEADING, LEFT, TOP);
    for (size_t i = first; i < l->count && i < first + LINES_A_PAGE; i++)
        write_text(&s, &l->lines[i]);
    tl_write_format(&s, "ET\n");
    begin_object(w, number, offsets);
    tl_write_format(w,
                    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %u 0 R "
                    "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>\nendobj\n",
                    number + 1);
    begin_object(w, number + 1, offsets);
    tl_write_format(w, "<< /Length %zu >>\nstream\n", s.used);
    tl_write_bytes(w, tl_writer_bytes(&s));
    tl_write_format(w, "endstream\nendobj\n");
    w->failed |= s.failed;
}

static void write_file(struct tl_writer *w, const struct layout *l, uint8_t *scratch)
{
    static const size_t room = 5 + 2 * PAGES_LIMIT;
    tl_autofree size_t *offsets = calloc(room, sizeof *offsets);
    if (!offsets) {
        w->failed = true;
        return;
    }
    size_t pages = (l->count + LINES_A_PAGE - 1) / LINES_A_PAGE;
    unsigned objects = 5 + 2 * (unsigned)pages;
    tl_write_format(w, "%%PDF-1.4\n");
    begin_object(w, 1, offsets);
    tl_write_format(w, "<< /Type /Catalog /Pages 2 0 R /Lang (fr) >>\nendobj\n");
    begin_object(w, 2, offsets);
    tl_write_format(w, "<< /Type /Pages /Count %zu /Kids [", pages);
    for (unsigned i = 0; i < pages; i++)
        tl_write_format(w, "%u 0 R ", 5 + 2 * i);
    tl_write_format(w, "] >>\nendobj\n");
    for (unsigned i = 3; i <= 4; i++) {
        begin_object(w, i, offsets);
        tl_write_format(w,
                        "<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding "
                        "/WinAnsiEncoding >>\nendobj\n",
                        i == 3 ? "Helvetica" : "Helvetica-Bold");
    }
    for (size_t i = 0; i < pages; i++)
        write_page(w, l, i, 5 + 2 * (unsigned)i, offsets, scratch);
    size_t table = w->used;
    tl_write_format(w, "xref\n0 %u\n0000000000 65535 f \n", objects);
    for (unsigned i = 1; i < objects; i++)
        tl_write_format(w, "%010zu 00000 n \n", offsets[i]);
    tl_write_format(w, "trailer\n<< /Size %u /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n",
                    objects, table);
}

enum tl_error tl_report_pdf(const struct tl_report_facts *facts, uint8_t **ret_pdf,
                            size_t *ret_size)
{
    tl_autofree struct layout *l = calloc(1, sizeof *l);
    tl_autofree uint8_t *bytes = malloc(PDF_LIMIT);
    tl_autofree uint8_t *scratch = malloc(PDF_LIMIT);
    tl_autofree uint8_t *pdf = malloc(PDF_LIMIT);
    if (!l || !bytes || !scratch || !pdf)
        return TL_ERROR_MEMORY;
    l->bytes = bytes;
    l->room = PDF_LIMIT;
    lay_out(l, facts);
    struct tl_writer w = tl_writer(pdf, PDF_LIMIT);
    if (!l->full)
        write_file(&w, l, scratch);
    if (l->full || w.failed)
        return TL_ERROR_LIMIT;
    *ret_pdf = TL_TAKE(pdf);
    *ret_size = w.used;
    return TL_OK;
}
