/* The report as a PDF a patient can keep: A4, one of the fourteen standard fonts, text only.
 * Pure. ISO 32000-1: sections 7.5 (file structure), 9.6.2 (standard fonts). */
#ifndef TL_RECORDS_REPORT_PDF_H
#define TL_RECORDS_REPORT_PDF_H

#include "base/bytes.h"
#include "base/error.h"

struct tl_report_facts {
    const char *professional, *profession, *rpps, *structure; /* rpps may be NULL */
    const char *patient, *birth_date, *date;
    const char *text, *conclusion;
    int version;
};

/* malloc'ed. Characters outside Windows-1252 become "?". Holds any report within the API's limits;
 * TL_ERROR_LIMIT beyond 1,120 pages. */
enum tl_error tl_report_pdf(const struct tl_report_facts *facts, uint8_t **ret_pdf,
                            size_t *ret_size);

#endif
