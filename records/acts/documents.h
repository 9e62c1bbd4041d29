/* Files of an act: kept in sealed pieces of at most 1 MiB. Only these functions know where. */
#ifndef TL_RECORDS_DOCUMENTS_H
#define TL_RECORDS_DOCUMENTS_H

#include "http/call.h"

enum { TL_DOCUMENT_PIECE = 1024 * 1024 };

/* By content, never by the sender's word: image/jpeg, image/png, application/pdf; NULL for
 * anything else. Pure. */
const char *tl_document_type(struct tl_bytes content);
/* A file name without paths, control characters or quotes, at most 120 characters; "document"
 * when nothing is left. Pure. */
void tl_document_name_clean(struct tl_text name, char ret_name[256]);

/* Seals and stores; made: by us, of a report. ret_id is the new document's. */
bool tl_document_store(struct tl_call *call, const char *kind, const char *name,
                       const char *media_type, struct tl_bytes content, bool made,
                       char ret_id[TL_UUID_SIZE]);
/* Answers with the file. The caller has checked that act holds it and who may read it. */
bool tl_document_answer(struct tl_call *call, const char *act, const char *document);
/* The present report of call->act as a file its patient can keep; the one before is withdrawn. */
bool tl_report_document_make(struct tl_call *call);

#endif
