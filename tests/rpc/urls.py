"""The door inside Django, by itself."""

from django.urls import path

from rpc import ninja

urlpatterns = [path("", ninja.urls)]
