"""What verifies a server's certificate, on CPython."""

import ssl


def default() -> ssl.SSLContext:
    """The system's authorities."""
    return ssl.create_default_context()


def trust(context: ssl.SSLContext, certificate: bytes) -> None:
    """It is an authority's, or self-signed. ValueError: it is none."""
    try:
        context.load_verify_locations(cadata=certificate)
    except ssl.SSLError as exc:
        raise ValueError(f'no certificate: {exc}') from None
