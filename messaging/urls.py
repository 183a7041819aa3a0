"""Addresses that providers call."""

from django.urls import path

from messaging import webhooks

urlpatterns = [
    path("webhooks/providers/<slug:slug>/receipts", webhooks.receipts, name="receipts"),
    path("webhooks/providers/<slug:slug>/inbound", webhooks.inbound, name="inbound"),
]
