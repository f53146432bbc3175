"""What browsers may do with the pages: nothing but what this site itself serves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style anywhere; sockets are covered by 'self'."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders(MiddlewareMixin):
    """Adds the headers to every answer of Django that does not set them itself."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Called by Django on the way out."""
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response
