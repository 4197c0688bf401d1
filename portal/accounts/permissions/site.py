"""Rows for the site's own pages: their roles are not the control room's.

Each view asks for the site's login itself (`require_user`) and finds rows by their owner alone.
What concerns an account is noted in the directory (`site_events`).
"""

from portal.accounts.permissions.permission import Fresh, Permission

_SITE = {
    "create_signup": "sign up on the site",
    "create_signup_letter": "ask for the mail of one’s own sign-up once more",
    "create_account": "confirm an address and open the account",
    "create_login": "log in to the site",
    "delete_login": "log out of the site",
    "create_reset_link": "ask for a link to a new password",
    "create_new_password": "set a password by such a link",
    "create_password": "change one’s own password on the site",
    "end_one_session": "end a session of one’s own on the site",
    "end_other_sessions": "end one’s other sessions on the site",
    "create_address_change": "ask for another address",
    "delete_address_change": "withdraw a change of address",
    "create_address_confirmation": "confirm a change of address",
    "create_export": "download one’s own data",
    "create_deletion": "ask for the deletion of one’s own account",
    "delete_deletion": "take that back",
    "update_mail": "choose which mails to get",
    "create_unsubscription": "end mails by the link in one",
    "update_section": "save a section of one’s own studio",
    "create_publication": "publish one’s own studio",
    "create_hiding": "hide one’s own studio",
    "delete_hiding": "show one’s own studio again",
    "create_pictures": "add pictures to one’s own studio",
    "update_picture_order": "order one’s own pictures",
    "update_picture": "describe a picture of one’s own",
    "delete_picture": "remove a picture of one’s own",
    "create_picture_return": "take the removal of a picture back",
    "create_message": "write to the owner of a studio",
    "create_reply": "answer a message to one’s own studio",
    "delete_message": "delete a message to one’s own studio",
    "create_review": "write or edit one’s own review of a studio",
    "delete_review": "delete one’s own review",
    "delete_review_record": "delete one’s own review of a studio that was deleted",
    "create_answer": "answer a review of one’s own studio",
    "create_claim": "claim an imported studio",
    "create_claim_confirmation": "confirm a claim by the link that the studio got",
    "delete_claim": "withdraw one’s own claim",
    "create_report": "report a problem with a studio",
}
SITE = {f"site.{name}": Permission(does, None, Fresh.NEVER, None) for name, does in _SITE.items()}
