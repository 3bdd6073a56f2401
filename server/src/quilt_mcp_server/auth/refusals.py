"""Why a token is refused."""


class InvalidTokenError(Exception):
    """The token is refused; the message is a fixed sentence, safe to send back."""
