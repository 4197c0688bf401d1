"""The words of emails about what staff did with an account or a picture: subject and body."""

from portal.directory.users.letters import LetterKind

ACCOUNT_WORDS = {
    LetterKind.PICTURE_REMOVED: (
        "A picture of {studio} was removed at {site}",
        """
        The people who run {site} have removed a picture from the page of {studio}. The reason that
        they gave:

        {reason}

        The rest of the page stays as it is. See your pictures here, after a login, and add another
        one if you like:

        {pictures}

        You think that this is a mistake? Reply to this email: for 30 days they can put it back.
        """,
    ),
    LetterKind.ACCOUNT_DISABLED: (
        "Your account at {site} was disabled",
        """
        The people who run {site} have disabled the account with this email address, on {at}. You
        are logged out, and can’t log in with it. The reason that they gave:

        {reason}

        Nothing of it was deleted. You think that this is a mistake? Reply to this email.
        """,
    ),
    LetterKind.ACCOUNT_ENABLED: (
        "Your account at {site} can be used again",
        """
        The people who run {site} have enabled the account with this email address again, on {at}.
        Your password is the one that it was. Log in here:

        {login}

        Otherwise there is nothing to do. Questions? Reply to this email.
        """,
    ),
}
