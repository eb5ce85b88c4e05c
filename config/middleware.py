"""A page instead of the empty answer to a method that an address does not take.

Whoever logs in again, or opens once more the address a refused form was sent to, gets there by GET.
"""

from contextlib import suppress

from django.template.loader import render_to_string
from django.urls import Resolver404, resolve


def said_method(get_response):
    def answer(request):
        response = get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            facts = {"back": above(request.path_info), "form": "GET" not in response["Allow"]}
            response.content = render_to_string("405.html", facts)
        return response

    return answer


def above(path):
    """The nearest address above that exists: the object a form belongs to, or the start."""
    while path.strip("/"):
        path = path.rstrip("/").rpartition("/")[0] + "/"
        with suppress(Resolver404):
            resolve(path)
            return path
    return "/"
