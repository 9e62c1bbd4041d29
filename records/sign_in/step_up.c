#include "sign_in/step_up.h"

#include "base/memory.h"
#include "sign_in/factor.h"

enum { SIGNING_MIN = 60, EXPORT_MIN = 5 };

const struct tl_step_up tl_step_ups[] = {
    { TL_ACTION_ACT_CLOSE, SIGNING_MIN,
      "a signature: asked for once in an hour of consultations, not at each report" },
    { TL_ACTION_RIGHTS_EXPORT, EXPORT_MIN,
      "a whole record leaves: a page left open for a moment must not be enough" },
    { TL_ACTION_FACTOR_CHANGE, EXPORT_MIN,
      "another factor: who borrows an open page must not keep the account" },
    { TL_ACTION_FACTOR_RESET, EXPORT_MIN, "takes somebody's proof away" },
};
const size_t tl_step_up_count = TL_COUNT_OF(tl_step_ups);

const struct tl_step_up *tl_step_up_of(enum tl_action action)
{
    for (size_t i = 0; i < tl_step_up_count; i++)
        if (tl_step_ups[i].action == action)
            return &tl_step_ups[i];
    return NULL;
}

bool tl_step_up_check(struct tl_call *call, enum tl_action action)
{
    const struct tl_step_up *wanted = tl_step_up_of(action);
    const struct tl_principal *who = &call->who;
    if (!wanted || who->kind != TL_PRINCIPAL_PERSON ||
        (!who->enrolled && who->proof == TL_PROOF_NONE) ||
        (who->proved_s >= 0 && who->proved_s <= wanted->minutes * 60))
        return true;
    json_t *extra =
        json_pack("{s:i,s:b}", "minutes", wanted->minutes, "enrolled", (int)who->enrolled);
    json_t *code = who->enrolled ? tl_factor_demo_code(call) : NULL;
    if (extra && who->demo && call->settings->demo)
        json_object_set_new(extra, "demo_code", code ? code : json_string(""));
    return tl_refuse_with(
        call, TL_PROBLEM_STEP_UP, NULL,
        who->enrolled ? TL_SAY("Confirmez d'abord que c'est bien vous, avec un code.",
                               "First confirm with a code that it is you.")
                      : TL_SAY("Reconnectez-vous d'abord pour confirmer que c'est bien vous.",
                               "First sign in again to confirm that it is you."),
        extra);
}
