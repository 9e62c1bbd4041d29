/* Every call of docs/api.md, with who may make it and what the audit row will say. */
#include "acts/handlers.h"
#include "directory/handlers.h"
#include "http/dispatch.h"
#include "patients/handlers.h"
#include "sign_in/handlers.h"
#include "visits/handlers.h"

enum { JSON = TL_JSON_BODY_LIMIT, SMALL = 16 * 1024, FILE_BODY = TL_DOCUMENT_LIMIT, NONE = 0 };

const struct tl_route tl_routes[] = {
    { TL_GET, "/api/about", TL_POLICY_ANYONE, NULL, TL_ONCE_NO, NONE, tl_get_about },
    { TL_POST, "/api/sign-in", TL_POLICY_ANYONE, NULL, TL_ONCE_NO, SMALL, tl_post_sign_in },
    { TL_POST, "/api/sign-out", TL_POLICY_SIGNED_IN, NULL, TL_ONCE_NO, SMALL,
      tl_post_sign_out },
    { TL_GET, "/api/me", TL_POLICY_SIGNED_IN, NULL, TL_ONCE_NO, NONE, tl_get_me },
    { TL_PATCH, "/api/me", TL_POLICY_SIGNED_IN, NULL, TL_ONCE_NO, SMALL, tl_patch_me },
    { TL_POST, "/api/me/password", TL_POLICY_SIGNED_IN, NULL, TL_ONCE_NO, SMALL,
      tl_post_me_password },

    { TL_GET, "/api/directory", TL_POLICY_SIGNED_IN, NULL, TL_ONCE_NO, NONE, tl_get_directory },
    { TL_GET, "/api/structures", TL_POLICY_SIGNED_IN, NULL, TL_ONCE_NO, NONE,
      tl_get_structures },

    /* what names a patient travels in a body, never in an address */
    { TL_POST, "/api/patients/search", TL_POLICY_PLANS, "patient.search", TL_ONCE_NO, SMALL,
      tl_post_patients_search },
    { TL_POST, "/api/patients", TL_POLICY_PLANS, "patient.create", TL_ONCE, SMALL,
      tl_post_patients },
    { TL_GET, "/api/patients/{}", TL_POLICY_PATIENT, "patient.read", TL_ONCE_NO, NONE,
      tl_get_patient },
    { TL_PATCH, "/api/patients/{}", TL_POLICY_PATIENT, "patient.update", TL_ONCE_NO, SMALL,
      tl_patch_patient },

    { TL_GET, "/api/day", TL_POLICY_SIGNED_IN, "act.day", TL_ONCE_NO, NONE, tl_get_day },
    { TL_GET, "/api/acts", TL_POLICY_SIGNED_IN, "act.list", TL_ONCE_NO, NONE, tl_get_acts },
    { TL_POST, "/api/acts/search", TL_POLICY_SIGNED_IN, "act.list", TL_ONCE_NO, SMALL,
      tl_post_acts_search },
    { TL_POST, "/api/acts", TL_POLICY_PLANS, "act.create", TL_ONCE, SMALL, tl_post_acts },
    { TL_GET, "/api/acts/{}", TL_POLICY_ACT_READ, "act.read", TL_ONCE_NO, NONE, tl_get_act },
    { TL_POST, "/api/acts/{}/cancel", TL_POLICY_ACT_PLAN, "act.cancel", TL_ONCE, SMALL,
      tl_post_act_cancel },
    { TL_POST, "/api/acts/{}/reschedule", TL_POLICY_ACT_PLAN, "act.reschedule", TL_ONCE, SMALL,
      tl_post_act_reschedule },
    { TL_POST, "/api/acts/{}/remind", TL_POLICY_ACT_PLAN, "act.remind", TL_ONCE, SMALL,
      tl_post_act_remind },
    { TL_POST, "/api/acts/{}/renew-link", TL_POLICY_ACT_PLAN, "act.renew_link", TL_ONCE, SMALL,
      tl_post_act_renew_link },
    { TL_POST, "/api/acts/{}/hand-over", TL_POLICY_ACT_OWN, "act.hand_over", TL_ONCE, SMALL,
      tl_post_act_hand_over },
    { TL_POST, "/api/acts/{}/invite", TL_POLICY_ACT_OWN, "act.invite", TL_ONCE, SMALL,
      tl_post_act_invite },
    { TL_POST, "/api/acts/{}/join", TL_POLICY_ACT_TAKE_PART, "act.join", TL_ONCE_NO, SMALL,
      tl_post_act_join },
    { TL_POST, "/api/acts/{}/consent", TL_POLICY_ACT_OWN, "act.consent", TL_ONCE, SMALL,
      tl_post_act_consent },
    { TL_POST, "/api/acts/{}/documents", TL_POLICY_ACT_TAKE_PART, "document.add", TL_ONCE,
      FILE_BODY, tl_post_act_documents },
    { TL_GET, "/api/acts/{}/documents/{}", TL_POLICY_ACT_TAKE_PART, "document.read", TL_ONCE_NO,
      NONE, tl_get_act_document },
    { TL_DELETE, "/api/acts/{}/documents/{}", TL_POLICY_ACT_OWN, "document.delete", TL_ONCE_NO,
      SMALL, tl_delete_act_document },
    { TL_POST, "/api/acts/{}/close", TL_POLICY_ACT_OWN, "act.close", TL_ONCE, JSON,
      tl_post_act_close },
    { TL_POST, "/api/acts/{}/not-done", TL_POLICY_ACT_OWN, "act.not_done", TL_ONCE, SMALL,
      tl_post_act_not_done },
    { TL_POST, "/api/acts/{}/amend", TL_POLICY_ACT_OWN, "act.amend", TL_ONCE, JSON,
      tl_post_act_amend },
    { TL_POST, "/api/watch", TL_POLICY_SIGNED_IN, NULL, TL_ONCE_NO, SMALL, tl_post_watch },

    { TL_POST, "/api/probes", TL_POLICY_ANYONE, NULL, TL_ONCE_NO, SMALL, tl_post_probes },
    { TL_POST, "/api/invitations/open", TL_POLICY_ANYONE, "visit.open", TL_ONCE_NO, SMALL,
      tl_post_invitation_open },
    { TL_POST, "/api/invitations/code", TL_POLICY_ANYONE, "visit.code", TL_ONCE_NO, SMALL,
      tl_post_invitation_code },
    { TL_POST, "/api/invitations/new-code", TL_POLICY_ANYONE, "visit.new_code", TL_ONCE_NO,
      SMALL, tl_post_invitation_new_code },
    { TL_GET, "/api/visit", TL_POLICY_VISIT, "visit.read", TL_ONCE_NO, NONE, tl_get_visit },
    { TL_POST, "/api/visit/consent", TL_POLICY_VISIT, "visit.consent", TL_ONCE, SMALL,
      tl_post_visit_consent },
    { TL_POST, "/api/visit/test", TL_POLICY_VISIT, "visit.test", TL_ONCE_NO, SMALL,
      tl_post_visit_test },
    { TL_POST, "/api/visit/join", TL_POLICY_VISIT, "visit.join", TL_ONCE_NO, SMALL,
      tl_post_visit_join },
    { TL_POST, "/api/visit/leave", TL_POLICY_VISIT, "visit.leave", TL_ONCE_NO, SMALL,
      tl_post_visit_leave },
    { TL_GET, "/api/visit/documents/{}", TL_POLICY_VISIT, "document.read", TL_ONCE_NO, NONE,
      tl_get_visit_document },

    { TL_POST, "/api/deliveries/open", TL_POLICY_ANYONE, "delivery.open", TL_ONCE_NO, SMALL,
      tl_post_delivery_open },
    { TL_POST, "/api/deliveries/code", TL_POLICY_ANYONE, "delivery.code", TL_ONCE_NO, SMALL,
      tl_post_delivery_code },
    { TL_POST, "/api/deliveries/new-code", TL_POLICY_ANYONE, "delivery.new_code", TL_ONCE_NO,
      SMALL, tl_post_delivery_new_code },
    { TL_GET, "/api/deliveries/documents/{}", TL_POLICY_DELIVERY, "document.read", TL_ONCE_NO,
      NONE, tl_get_delivery_document },
};
const size_t tl_route_count = sizeof tl_routes / sizeof tl_routes[0];
