"""Security headers after each response."""

from flask import Flask, Response, request

from portal.core.configuration.settings import settings

# Images of other hosts are not loaded, as that would reveal readers to those hosts.
# No page contains inline code, so 'self' is stricter than a nonce, which could leak.
# data: in img-src is for the icons in Pico's form elements.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; frame-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
BEHIND_A_LOGIN = ("/ops", "/client", "/me", "/login", "/signup")


def init_headers(app: Flask) -> None:
    app.after_request(secure)


def secure(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)  # a letter has its own
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers["Permissions-Policy"] = PERMISSIONS_POLICY
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if settings().is_https:
        more = "; includeSubDomains" if settings().hsts_subdomains else ""
        headers["Strict-Transport-Security"] = f"max-age=31536000{more}"
    if is_behind_a_login(request.path):
        headers["Cache-Control"] = "no-store"
    return response


def is_behind_a_login(path: str) -> bool:
    return any(is_below(prefix, path) for prefix in BEHIND_A_LOGIN)


def is_below(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
