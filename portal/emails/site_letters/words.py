"""The words of each kind of email: why it comes, what to do, and what if no one asked for it.

Paragraphs are separated by blank lines. A name in braces alone in its paragraph is a link or a
quotation; within a sentence it is a text. None of them holds another person's address, a network
address or an address of the control room; those to an address that is not confirmed hold nothing
that somebody typed, but for the names in those about a claim.
"""

from dataclasses import dataclass

from portal.directory.users.letters import LetterKind
from portal.emails.site_letters.account_words import ACCOUNT_WORDS
from portal.emails.site_letters.claim_words import CLAIM_WORDS


@dataclass(frozen=True)
class Words:
    subject: str
    body: str


WORDS = {
    **{kind: Words(*each) for kind, each in CLAIM_WORDS.items()},
    **{kind: Words(*each) for kind, each in ACCOUNT_WORDS.items()},
    LetterKind.CONFIRM_SIGNUP: Words(
        "Confirm your email address for {site}",
        """
        Somebody, probably you, signed up at {site} with this email address. Open this page to
        confirm that the address is yours; your account is opened there:

        {link}

        The link can be used once, until {until}.

        You did not ask for this? Then do nothing: without the link there will be no account.
        """,
    ),
    LetterKind.ADDRESS_KNOWN: Words(
        "You have an account at {site} already",
        """
        Somebody, probably you, wanted to use this email address for an account at {site}. It has
        one already, so nothing was changed. Log in here:

        {login}

        You don’t know the password any more? Ask for a link to set a new one:

        {forgotten}

        You did not ask for this? Then do nothing: your account is as it was.
        """,
    ),
    LetterKind.RESET_PASSWORD: Words(
        "Set a new password for {site}",
        """
        Somebody, probably you, asked for a link to set a new password for the account with this
        email address at {site}. Open this page to set it:

        {link}

        The link can be used once, until {until}.

        You did not ask for this? Then do nothing: your password stays as it is.
        """,
    ),
    LetterKind.PASSWORD_CHANGED: Words(
        "Your password for {site} was changed",
        """
        The password of your account at {site} was changed on {at}. If that was you, there is
        nothing to do.

        It was not you? Then set another one at once. Ask for the link here:

        {forgotten}
        """,
    ),
    LetterKind.CONFIRM_OLD_ADDRESS: Words(
        "Confirm the change of your email address at {site}",
        """
        Somebody, probably you, asked to change the email address of your account at {site}. The
        change needs two confirmations: one from here, the address until now, and one from the new
        address. Open this page to confirm it:

        {link}

        The link can be used once, until {until}.

        You did not ask for this? Then don’t confirm it: the address stays as it is. Somebody may
        know your password, so set another one:

        {forgotten}
        """,
    ),
    LetterKind.CONFIRM_NEW_ADDRESS: Words(
        "Confirm your new email address for {site}",
        """
        Somebody, probably you, asked to use this email address for an account at {site}. The change
        needs two confirmations: one from here, and one from the address until now. Open this page
        to confirm that this address is yours:

        {link}

        The link can be used once, until {until}.

        You did not ask for this? Then do nothing: without the link nothing is changed.
        """,
    ),
    LetterKind.ADDRESS_CHANGED: Words(
        "The email address of your account at {site} was changed",
        """
        The email address of your account at {site} was changed on {at}, after both addresses had
        confirmed it. Log in with the new one from now on:

        {login}

        You did not ask for this? Then tell the people who run the site at once.
        """,
    ),
    LetterKind.DELETION_ASKED: Words(
        "Your account at {site} will be deleted",
        """
        You asked to delete your account at {site}. It will be deleted on {due}. If you have a
        studio there, it is hidden until then.

        You changed your mind, or it was not you? Until then you can log in and keep the account:

        {deletion}
        """,
    ),
    LetterKind.DELETED: Words(
        "Your account at {site} was deleted",
        """
        Your account at {site} was deleted on {at}, as you had asked. No one can log in to it any
        more, and this is the last email about it.

        There is nothing to do. You can sign up again at any time, with this address too.
        """,
    ),
    LetterKind.MESSAGE: Words(
        "A message to {studio}",
        """
        {sender} wrote to {studio} by the contact form of {site}. Log in to read it and to answer:

        {message}

        Don’t answer this email: the visitor would not get it. The visitor has not seen your email
        address.

        You don’t want emails about messages? They wait for you on the site without them. End these
        emails here:

        {unsubscribe}
        """,
    ),
    LetterKind.REPLY: Words(
        "Answer from {studio}",
        """
        You wrote to {studio} by the contact form of {site}. Its owner answered:

        {answer}

        {next}

        You did not write to this studio? Then somebody gave your address. Do nothing: no other
        email follows.
        """,
    ),
    LetterKind.STUDIO_HIDDEN: Words(
        "{studio} is not shown at {site} at the moment",
        """
        The people who run {site} have taken {studio} out of sight: visitors don’t find it at the
        moment. Nothing of it was deleted. You can change it, and only they can show it again.

        The reason that they gave:

        {because}

        To answer, or if you think that this is a mistake, reply to this email. Your studio is here,
        after a login:

        {own_studio}
        """,
    ),
    LetterKind.STUDIO_DELETED: Words(
        "{studio} was removed from {site}",
        """
        The people who run {site} have removed {studio}: visitors don’t find it any more. Your
        account stays as it is.

        The reason that they gave:

        {because}

        To answer, or if you think that this is a mistake, reply to this email: they can bring it
        back.
        """,
    ),
    LetterKind.STUDIO_RETURNED: Words(
        "{studio} is back at {site}",
        """
        The people who run {site} have given {studio} back to you, which they had taken out of
        sight. It is as it was before. See it here, after a login:

        {own_studio}

        There is nothing to do. Questions? Reply to this email.
        """,
    ),
    LetterKind.REVIEW_SHOWN: Words(
        "A review of {studio}",
        """
        Somebody reviewed {studio} at {site}, and the review is on its page now. You can answer it
        once, and everybody can read your answer there. Log in to read it and to answer:

        {studio_reviews}

        You don’t want emails about reviews and messages? They are on the site without them. End
        these emails here:

        {unsubscribe}
        """,
    ),
    LetterKind.REVIEW_ANSWERED: Words(
        "{studio} answered your review",
        """
        You wrote a review of {studio} at {site}. Its owner answered, and the answer is below your
        review. Read it among your reviews:

        {own_reviews}

        Don’t answer this email: the owner would not get it. The owner has not seen your email
        address. You don’t want emails about reviews and messages? End them here:

        {unsubscribe}
        """,
    ),
    LetterKind.REVIEW_REFUSED: Words(
        "Your review of {studio} is not shown",
        """
        You wrote a review of {studio} at {site}. The people who run the site don’t show it as it
        is. Their reason:

        {because}

        Nothing of it was deleted. You can change it and submit it again:

        {own_reviews}

        You don’t want emails about reviews and messages? End them here:

        {unsubscribe}
        """,
    ),
}
END = """
This email is from {site}:

{home}
"""
ANSWER_DIRECTLY = "To go on, answer this email: your answer goes to the owner’s own address."
ANSWER_BY_FORM = "Don’t answer this email: the owner would not get it. Write by the form again."
"""What `next` of a reply says: whether the owner agreed to give the address."""
