"""What stands between here and a vendor says instead of it: thirty pages, and nothing of an API."""

from __future__ import annotations

_TITLES = (
    "Sign in to your account",
    "Web Authentication Redirect",
    "Captive Portal",
    "Access Denied",
    "The page cannot be displayed",
    "502 Bad Gateway",
    "503 Service Temporarily Unavailable",
    "504 Gateway Time-out",
    "We'll be right back",
    "Scheduled maintenance",
    "Just a moment...",
    "Attention Required!",
    "ERROR: The requested URL could not be retrieved",
    "Blocked by your organisation",
    "Single sign-on",
)
_BODIES = ("<h1>{}</h1>", "<form method=post><input name=password></form><p>{}</p>")

PAGES: tuple[tuple[str, bytes], ...] = (
    *(
        (kind, f"{start}<head><title>{title}</title></head><body>{body}</body></html>".encode())
        for (kind, start), title, body in (
            (("text/html; charset=utf-8", "<!DOCTYPE html><html>"), _TITLES[0], _BODIES[1]),
            (("TEXT/HTML", "<html>"), _TITLES[1], _BODIES[0]),
            (("text/html", "\n\n  <HTML>"), _TITLES[2], _BODIES[0]),
            (("application/json", "<!doctype HTML><html>"), _TITLES[3], _BODIES[0]),
            (("application/json", "\ufeff<html lang=en>"), _TITLES[4], _BODIES[0]),
            (("text/plain", "<!DOCTYPE html>\r\n<html>"), _TITLES[5], _BODIES[0]),
            (("", "<html>\r\n"), _TITLES[6], _BODIES[0]),
            (("application/xhtml+xml", '<?xml version="1.0"?><html>'), _TITLES[7], _BODIES[0]),
            (("text/html;charset=ISO-8859-1", "<!-- comment --><html>"), _TITLES[8], _BODIES[0]),
            (("text/html", "<script>location='/login'</script><html>"), _TITLES[9], _BODIES[1]),
        )
    ),
    *(("text/html", f"<!DOCTYPE html><title>{title}</title>".encode()) for title in _TITLES),
    ("text/html", b""),
    ("text/html", b'{"uuid": "1"}'),
    ("text/html", b"null"),
    ("application/xhtml+xml; charset=utf-8", b"<p>busy"),
    ("text/html; charset=windows-1252", b"\x93busy\x94"),
)
"""Content type and body of each."""
