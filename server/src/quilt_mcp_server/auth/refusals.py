"""Why a token is refused."""


class InvalidTokenError(Exception):
    """The token is refused; the message is a fixed sentence, safe to send back."""


class InsufficientScopeError(Exception):
    """The token is valid, and lacks a scope that the server requires; the message is safe to send back."""
