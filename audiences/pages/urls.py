"""Addresses of the public pages: short, for they stand in messages and on paper."""

from django.urls import path

from audiences.pages.confirm import confirm_sign_up
from audiences.pages.join import join
from audiences.pages.opt_out import opt_out

urlpatterns = [
    path("u/<str:token>", opt_out, name="opt-out"),
    path("j/<str:code>", confirm_sign_up, name="confirm"),
    path("join/<slug:slug>", join, name="join"),
]
