"""Places that quote what somebody sent us: refused rows of imports, stored answers. An erasure clears what it finds."""

from audiences.erasure import Erased
from config.sql import execute


def patterns(*parts: str | None) -> list[str]:
    """What LIKE finds these words by, in lower case, wherever they stand. One letter alone is no trace of anybody."""
    words = {part.lower() for part in parts if part and len(part) > 1}
    return sorted("%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%" for word in words)


def forget_excerpts(erased: Erased) -> None:
    """Clear the person's number, names and e-mail from rows that imports refused, and the number from stored answers.

    A word that happens to be somebody else's clears that excerpt as well: nobody needs it but who mends the file.
    Indexes: import_store with importproblem_once (the store's refused rows are read), idempotency_once (48 hours).
    """
    if erased.phone is None:
        return
    # As the file wrote it: any seven digits at the number's end are as good as the number.
    values = {
        "store_id": erased.store_id,
        "tail": f"%{erased.phone[-7:]}%",
        "words": patterns(*erased.words),
        "phone": erased.phone,
        "stored": f"%{erased.phone}%",
    }
    sql = """
        UPDATE audiences_importproblem p
           SET value = ''
          FROM audiences_contactimport i
         WHERE i.store_id = %(store_id)s
           AND p.contact_import_id = i.id
           AND p.value <> ''
           AND (regexp_replace(p.value, '[^0-9]', '', 'g') LIKE %(tail)s
                OR lower(p.value) LIKE ANY(%(words)s::text[]))
    """
    execute(sql, values)
    sql = """
        UPDATE config_idempotencyrecord r
           SET body = replace(r.body::text, %(phone)s, '')::jsonb
         WHERE r.store_id = %(store_id)s
           AND r.body::text LIKE %(stored)s
    """
    execute(sql, values)
