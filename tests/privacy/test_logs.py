"""Whatever happens to a person, the log names them by ids."""

import io

import pytest

from audiences.models import Store
from config.opaque import public_id
from messaging.models import ProviderAccount
from tests.api.clients import V1, with_key
from tests.config.test_logging import lines, written
from tests.privacy.world import WORDS, known

__all__ = ["written"]


@pytest.mark.django_db(transaction=True)
def test_import_campaign_replies_export_and_erasure_leave_no_word(
    written: io.StringIO, store: Store, account: ProviderAccount
) -> None:
    address = f"{V1}/contacts/{public_id(known(store, account).pk, kind='con')}"
    assert with_key(store).get(f"{address}/export").status_code == 200
    assert with_key(store).post(f"{address}/erase").status_code == 204

    assert {"batch_settled", "request_finished"} <= {line.get("event") for line in lines(written)}
    text = written.getvalue().lower()
    assert [word for word in WORDS if word.lower() in text] == []
