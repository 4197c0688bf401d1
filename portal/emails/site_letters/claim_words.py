"""The words of emails about claims to imported studios: subject and body.

Those to the studio's known address name the person, and hold nothing else that somebody typed.
"""

from portal.directory.users.letters import LetterKind

CLAIM_WORDS = {
    LetterKind.CONFIRM_CLAIM: (
        "Do you know {sender}? A question from {site}",
        """
        {site} has a page about {studio}, and knows this email address as the studio’s. {sender},
        who has an account at {site}, says that the studio is theirs, and wants to look after its
        page.

        Open this page to answer. It asks whether you know {sender}; nothing happens before you
        choose:

        {link}

        The link can be used once, until {until}.

        You don’t know {sender}? Say so on that page, or do nothing: without your yes the studio is
        not handed over.
        """,
    ),
    LetterKind.STUDIO_CLAIMED: (
        "{studio} was handed over at {site}",
        """
        {site} has a page about {studio}, and knows this email address as the studio’s. On {at} the
        page was handed over to {sender}, who had claimed it, and who looks after it from now on.

        Is that right? Then there is nothing to do.

        Is it wrong? Tell the people who run {site}: for 30 days they can take it back. Say there
        what is wrong:

        {report}
        """,
    ),
    LetterKind.CLAIM_GRANTED: (
        "{studio} is yours at {site}",
        """
        You claimed {studio} at {site}, and it was handed over to you on {at}. You can change its
        page now, and visitors’ messages reach you:

        {own}

        You did not claim it? Then somebody may know your password. Set another one:

        {forgotten}
        """,
    ),
    LetterKind.CLAIM_REFUSED: (
        "Your claim to {studio} at {site} was refused",
        """
        You claimed {studio} at {site}. The claim was refused on {at}, so the studio was not handed
        over to you. The reason:

        {reason}

        Nothing else was changed, and there is nothing to do. You did not claim it? Then somebody
        may know your password. Set another one:

        {forgotten}
        """,
    ),
    LetterKind.CLAIM_UNDONE: (
        "{studio} at {site} was taken back",
        """
        You had claimed {studio} at {site}, and it was handed over to you. The people who run the
        site took that back on {at}, so you can’t change its page any more. The reason:

        {reason}

        Your account stays as it is, and so do your messages. If you had begun a studio of your own
        before, it is yours again; else there is nothing to do:

        {own}
        """,
    ),
}
