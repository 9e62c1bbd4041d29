/* Words for what happened in an act. Pure. */
#ifndef TL_RECORDS_ACT_WORDS_H
#define TL_RECORDS_ACT_WORDS_H

#include "http/request.h"

enum { TL_SENTENCE_SIZE = 256 };

/* "Interruption de 12 s du son et de l'image". seconds < 0: not known; measure < 0: none; name
 * NULL: everyone. An unknown kind is told as it is. */
void tl_incident_sentence(const char *kind, double seconds, double measure, const char *unit,
                          const char *name, enum tl_language language,
                          char ret_sentence[TL_SENTENCE_SIZE]);

/* "Jeanne Martin admise dans la consultation"; name may be NULL. */
void tl_event_label(const char *type, const char *name, enum tl_language language,
                    char ret_label[TL_SENTENCE_SIZE]);

#endif
